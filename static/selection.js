// What can be done with selected words of a post: a menu beside them, and the links of the post's foot take them along.
// Input: <article> with .prose and .acts[data-menu="With these words"], whose links say what they take:
// <a data-selection="words"> up to 1,000 characters as ?words=, <a hidden data-selection="word"> one line of up to 120
// as ?word=. The menu holds them in their order; hidden ones stand in the menu only. Without script the visible ones
// lead to the same forms, with the whole text.

const LONGEST = { word: 120, words: 1000 }; // characters
const PAUSE = 150; // milliseconds in which a selection does not change
const EDGE = 8; // pixels kept free at the window's edge

let menu = null;
let shownFor = ""; // the words whose menu is shown, or was closed with Escape
let isPressed = false;
let isTouch = false;
let timer = 0;

// The selected words of one post; a selection that ends behind its text (a triple click) counts up to the end.
function selected() {
  const selection = getSelection();
  if (!selection.rangeCount || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  const start = range.startContainer;
  const from = start.nodeType === Node.ELEMENT_NODE ? start : start.parentElement;
  const prose = from?.closest(".post .prose");
  if (!prose || from.closest(".term-panel")) return null;
  const inside = range.cloneRange();
  if (!prose.contains(range.endContainer)) inside.setEnd(prose, prose.childNodes.length);
  const words = selection.toString().trim();
  if (!words || inside.toString().trim() !== range.toString().trim()) return null;
  return { words, prose, range: inside, article: prose.closest(".post") };
}

function address(link, words) {
  const taken = new URL(link.href);
  const kind = link.dataset.selection;
  taken.searchParams.delete(kind);
  if (words) taken.searchParams.set(kind, words.slice(0, LONGEST[kind]));
  return taken.href;
}

function takes(link, words) {
  return link.dataset.selection !== "word" || (words.length <= LONGEST.word && !words.includes("\n"));
}

function close() {
  menu?.remove();
  menu = null;
}

// Above the words for a mouse, since the meaning of a term opens below; below them for a finger, under which the
// system's own menu stands above.
function place(range) {
  const lines = [...range.getClientRects()].filter((line) => line.width > 0);
  const [first, last] = [lines[0] ?? range.getBoundingClientRect(), lines.at(-1) ?? range.getBoundingClientRect()];
  const { offsetWidth: width, offsetHeight: height } = menu;
  const line = isTouch ? last : first;
  const isBelow = isTouch || first.top - height - EDGE < 0;
  const left = Math.max(EDGE, Math.min(line.left, document.documentElement.clientWidth - width - EDGE));
  const top = isBelow ? last.bottom + EDGE * (isTouch ? 4 : 1) : first.top - height - EDGE;
  menu.style.setProperty("--x", `${left + window.scrollX}px`);
  menu.style.setProperty("--y", `${top + window.scrollY}px`);
}

function show({ words, prose, range, article }) {
  const foot = article.querySelector(".acts");
  const links = [...foot.querySelectorAll("a[data-selection]")].filter((link) => takes(link, words));
  close();
  if (!links.length) return;
  menu = document.createElement("div");
  menu.className = "term-panel";
  menu.setAttribute("role", "group");
  menu.setAttribute("aria-label", foot.dataset.menu);
  if ("popover" in menu) menu.popover = "manual";
  for (const link of links) {
    const item = document.createElement("a");
    item.textContent = link.textContent;
    item.href = address(link, words);
    if (link.rel) item.rel = link.rel;
    Object.assign(item.dataset, link.dataset); // for static/quoting.js
    menu.append(item, " ");
  }
  menu.addEventListener("mousedown", (event) => event.preventDefault()); // the words stay selected
  prose.after(menu); // directly behind the text, so that Tab leads on to the post's foot
  menu.showPopover?.();
  place(range);
}

function update() {
  const found = isPressed ? null : selected();
  if (!found) {
    if (!isPressed && !menu?.contains(document.activeElement)) close();
    if (!isPressed) shownFor = "";
    return;
  }
  if (found.words === shownFor) return;
  shownFor = found.words;
  show(found);
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(update, PAUSE);
}

document.addEventListener("selectionchange", soon);
document.addEventListener("pointerdown", (event) => {
  isTouch = event.pointerType !== "mouse";
  isPressed = !isTouch;
});
for (const name of ["pointerup", "pointercancel"]) {
  document.addEventListener(name, () => {
    isPressed = false;
    soon();
  });
}
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") close();
  if (event.key === "Tab" && !event.shiftKey && document.activeElement?.contains(menu)) {
    event.preventDefault(); // from the words into the menu, wherever the browser would begin
    menu.querySelector("a").focus();
  }
});
window.addEventListener("resize", close);

// Before the pointer goes down on a link of the foot: that ends the selection.
function carry(event) {
  const link = event.target.closest?.(".acts a[data-selection]");
  if (!link) return;
  const found = selected();
  link.href = address(link, found && found.article.contains(link) ? found.words : "");
}

document.addEventListener("pointerdown", carry, true);
document.addEventListener("keydown", carry, true);
