// Discussions like the title that is being typed, below it, after a pause.
// Input: <div data-similar="/threads/similar/"> in a form with a title. Not announced; the preview shows the same.

const PAUSE = 900; // milliseconds without a key

for (const note of document.querySelectorAll("[data-similar]")) {
  const { title } = note.closest("form").elements;
  let timer = 0;
  let asked = null;
  let about = "";

  const ask = async () => {
    const said = title.value.trim();
    if (said === about) return;
    about = said;
    asked?.abort();
    asked = new AbortController();
    try {
      const answer = await fetch(`${note.dataset.similar}?${new URLSearchParams({ title: said })}`, { signal: asked.signal });
      note.innerHTML = answer.status === 200 ? await answer.text() : "";
    } catch {
      // Offline, or asked anew: the preview shows it as well.
    }
  };

  title.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  });
  if (title.value && !note.childElementCount) ask();
}
