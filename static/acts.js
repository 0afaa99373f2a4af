// The acts under a post without a new page: agree, helped me, save, copy with source. What happened is said politely.
// Inputs: <form id="acts">, buttons with form="acts" and formaction in articles with .reacted, <a data-source>,
// <p id="said" role="status">. Without script each button sends its form, and the link shows the text to be copied.

const said = document.querySelector("#said");
const form = document.querySelector("#acts");

const say = (text) => {
  said.textContent = "";
  setTimeout(() => { said.textContent = text; }, 50); // the same words twice are said twice
};

const parsed = (html) => new DOMParser().parseFromString(html, "text/html").body.childNodes;

const send = async (button) => {
  const body = new FormData(form, button);
  const answer = await fetch(button.formAction, { method: "POST", body, headers: { Accept: "application/json" } });
  if (!answer.headers.get("Content-Type")?.startsWith("application/json")) throw new Error(answer.statusText);
  return { done: answer.ok, ...(await answer.json()) };
};

// Why not, below the buttons, for who sees them.
const refuse = (button, words) => {
  const note = document.createElement("p");
  note.className = "notice";
  note.textContent = words;
  button.closest(".acts").after(note);
};

const show = (button, { done, on, html, said: words }) => {
  say(words);
  button.closest("article").querySelector(".acts + .notice")?.remove();
  if (!done) return refuse(button, words);
  if (button.name === "save") {
    const [link] = [...parsed(html)].filter((node) => node.nodeType === Node.ELEMENT_NODE);
    button.replaceWith(link);
    link.focus();
    return;
  }
  button.closest("article").querySelector(".reacted").replaceChildren(...parsed(html));
  button.ariaPressed = String(on);
  button.value = on ? "0" : "1";
};

form?.addEventListener("submit", async (event) => {
  const button = event.submitter;
  if (!button) return;
  event.preventDefault();
  if (button.ariaDisabled === "true") return;
  button.ariaDisabled = "true";
  try {
    show(button, await send(button));
  } catch {
    say(said.dataset.failed);
  }
  button.ariaDisabled = null;
});

// Safari lets a page write to the clipboard only within the click, so it is given a promise of the text.
const source = async (address) => {
  const page = await (await fetch(address)).text();
  return new DOMParser().parseFromString(page, "text/html").querySelector("#source").value;
};

document.addEventListener("click", async (event) => {
  for (const menu of document.querySelectorAll("details.more[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
  const link = event.target.closest?.("a[data-source]");
  if (!link || !navigator.clipboard || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  try {
    const text = source(link.href).then((words) => new Blob([words], { type: "text/plain" }));
    await navigator.clipboard.write([new ClipboardItem({ "text/plain": text })]);
    say(said.dataset.copied);
    link.closest("details").open = false;
    link.closest("details").querySelector("summary").focus();
  } catch {
    location.assign(link.href);
  }
});

document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && event.target.closest?.("details.more[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
