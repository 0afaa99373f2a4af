// What a writer may be told of their text, below the text box after a pause, by the server's own check.
// Input: <div data-words="/threads/words/" data-thread="44"> in a form with a text box, with data-post where a post is
// edited. Not announced, never in the way; without script the preview says the same, and its buttons do the same.

const PAUSE = 3000; // milliseconds without a key
const ACTS = "button:is([name=know], [name=spell], [name=settle])";

for (const note of document.querySelectorAll("[data-words]")) {
  const form = note.closest("form");
  const area = form.querySelector("textarea");
  let timer = 0;
  let asked = null;
  let shown = null; // what the note holds, as the server wrote it

  // Only what differs is put in, so that the cursor stays where it is.
  const write = (text) => {
    const old = area.value;
    let start = 0;
    while (start < old.length && old[start] === text[start]) start += 1;
    let end = 0;
    const most = Math.min(old.length, text.length) - start;
    while (end < most && old.at(-1 - end) === text.at(-1 - end)) end += 1;
    area.setRangeText(text.slice(start, text.length - end), start, old.length - end, "preserve");
    area.dispatchEvent(new InputEvent("input", { bubbles: true }));
  };

  const show = (html, about) => {
    if (html === shown) return;
    shown = html;
    const isInside = note.contains(document.activeElement);
    const isOpen = new Map([...note.querySelectorAll("details")].map((part) => [part.dataset.word, part.open]));
    note.innerHTML = html;
    for (const part of note.querySelectorAll("details")) part.open = isOpen.get(part.dataset.word) ?? part.open;
    if (isInside) (note.querySelector("summary") ?? area).focus();
    const carried = note.querySelector("template[data-body]");
    if (!carried) return;
    carried.remove();
    shown = null;
    if (area.value === about) write(carried.content.textContent);
  };

  const ask = async (act) => {
    asked?.abort();
    asked = new AbortController();
    const said = new FormData(form);
    const about = area.value;
    said.delete("title");
    said.set("body", about);
    said.set("thread", note.dataset.thread);
    if (note.dataset.post) said.set("post", note.dataset.post);
    if (act) said.set(act.name, act.value);
    try {
      const answer = await fetch(note.dataset.words, { method: "POST", body: said, signal: asked.signal });
      if (answer.ok) show(await answer.text(), about);
    } catch {
      // Offline, or asked anew: the preview says it as well.
    }
  };

  area.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  });
  note.addEventListener("click", (event) => {
    const button = event.target.closest(ACTS);
    if (!button) return;
    event.preventDefault();
    clearTimeout(timer);
    ask(button);
    area.focus();
  });
}
