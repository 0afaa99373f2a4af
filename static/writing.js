// Acronyms that nobody has defined, told below the text box after a pause, by the server's own check.
// Input: <div data-words="/threads/words/" data-thread="44"> in a form with a text box. Not announced, never in the way;
// without script the preview says the same.

const PAUSE = 3000; // milliseconds without a key

for (const note of document.querySelectorAll("[data-words]")) {
  const form = note.closest("form");
  const area = form.querySelector("textarea");
  let timer = 0;
  let asked = null;

  const ask = async (known) => {
    asked?.abort();
    asked = new AbortController();
    const said = new FormData();
    said.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    said.set("body", area.value);
    said.set("thread", note.dataset.thread);
    if (known) said.set("know", known);
    try {
      const answer = await fetch(note.dataset.words, { method: "POST", body: said, signal: asked.signal });
      if (answer.ok) note.innerHTML = await answer.text();
    } catch {
      // Offline, or asked anew: the preview says it as well.
    }
  };

  area.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE, "");
  });
  note.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=know]");
    if (!button) return;
    event.preventDefault();
    clearTimeout(timer);
    ask(button.value);
    area.focus();
  });
}
