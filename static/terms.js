// The meaning of a marked word, beside the word: on hover, on keyboard focus, and on the first tap.
// Input: <script type="application/json" id="terms" data-more="More about {term}"> with
// {"<id>": {"text": "CMO", "url": "/glossary/cmo/", "senses": [{"name": "…", "definition": "…"}]}}
// (in a thread with "said": which step settled the meaning, which then stands first)
// and marks <a class="term" data-term="<id>">. Without script a mark is a link to the term's page.
// So it is with acronyms that nobody has defined: their id is their key, they have no sense (or an answer given in the
// thread) and no page, "said" tells so, and the mark leads to where they are asked about; in the preview of a discussion
// that does not exist yet it leads nowhere, and the note below the text says what can be done.

const OPEN_AFTER = 120; // milliseconds: a pointer that only passes by opens nothing
const CLOSE_AFTER = 280; // milliseconds: time enough to move from the word into the panel
const EDGE = 8; // pixels kept free at the window's edge

const source = document.getElementById("terms");
const terms = source ? JSON.parse(source.textContent) : {};
const more = source?.dataset.more ?? "{term}";

let panel = null;
let owner = null; // the mark whose panel is open
let timer = 0;

function element(name, text, className) {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

function fill(term) {
  const made = document.createElement("span");
  made.className = "term-panel";
  made.id = "term-panel";
  if ("popover" in made) made.popover = "manual";
  const isDefined = term.senses.length > 0;
  if (term.said) made.append(element(isDefined ? "small" : "span", term.said, isDefined ? "quiet" : "meaning"));
  term.senses.forEach((sense, index) => {
    const meaning = element("span", "", "meaning");
    const number = term.senses.length > 1 ? `${index + 1}. ` : "";
    meaning.append(element("b", number + sense.name), element("span", sense.definition));
    made.append(meaning);
  });
  const first = term.url ? [[more.replace("{term}", term.text), term.url]] : [];
  for (const [label, address] of [...first, ...(term.links ?? [])]) {
    const link = element("a", label);
    link.href = address;
    made.append(link, " ");
  }
  return made;
}

// The panel stands in the top layer, so nothing on the page moves and no box cuts it off.
function place() {
  const word = [...owner.getClientRects()].at(-1);
  const { offsetWidth: width, offsetHeight: height } = panel;
  const view = document.documentElement;
  const left = Math.max(EDGE, Math.min(word.left, view.clientWidth - width - EDGE));
  const fitsBelow = word.bottom + height + EDGE <= view.clientHeight;
  const fitsAbove = word.top - height >= EDGE;
  const top = fitsBelow || !fitsAbove ? word.bottom : word.top - height;
  panel.style.setProperty("--x", `${left + window.scrollX}px`);
  panel.style.setProperty("--y", `${top + window.scrollY}px`);
}

function close() {
  clearTimeout(timer);
  panel?.remove();
  owner?.setAttribute("aria-expanded", "false");
  panel = owner = null;
}

function open(mark) {
  clearTimeout(timer);
  if (owner === mark) return;
  close();
  owner = mark;
  panel = fill(terms[mark.dataset.term]);
  panel.addEventListener("pointerenter", () => clearTimeout(timer));
  panel.addEventListener("pointerleave", leave);
  mark.after(panel); // directly behind the word, so Tab leads from the word into it
  panel.showPopover?.();
  mark.setAttribute("aria-expanded", "true");
  place();
}

function leave(event) {
  if (event.pointerType === "touch" || event.buttons) return; // buttons: text is being selected
  clearTimeout(timer);
  timer = setTimeout(() => {
    if (!owner?.parentNode.querySelector(":focus-visible:is(.term[aria-expanded=true], .term-panel a)")) close();
  }, CLOSE_AFTER);
}

// Said by screen readers with the word itself, before and without any panel.
function describe(id) {
  const senses = terms[id].senses.map((sense) => `${sense.name}: ${sense.definition}`);
  const said = element("span", senses.join(" ") || terms[id].said);
  said.id = `term-${id}`;
  said.hidden = true;
  document.body.append(said);
}

const described = new Set();
for (const mark of document.querySelectorAll("a.term[href]")) {
  const id = mark.dataset.term;
  if (!terms[id]?.senses?.length && !terms[id]?.said) continue;
  if (!described.has(id)) describe(id);
  described.add(id);
  mark.setAttribute("aria-describedby", `term-${id}`);
  mark.setAttribute("aria-expanded", "false");

  let touched = false;
  mark.addEventListener("pointerdown", (event) => {
    touched = event.pointerType !== "mouse";
  });
  mark.addEventListener("pointercancel", () => {
    touched = false; // the finger scrolled
  });
  mark.addEventListener("pointerenter", (event) => {
    if (event.pointerType !== "mouse" || event.buttons) return; // buttons: text is being selected
    clearTimeout(timer);
    timer = setTimeout(open, OPEN_AFTER, mark);
  });
  mark.addEventListener("pointerleave", leave);
  mark.addEventListener("focus", () => {
    if (!touched && mark.matches(":focus-visible")) open(mark);
  });
  mark.addEventListener("click", (event) => {
    // The first tap shows the meaning; a key press (detail 0) or a second tap follows the link.
    if (touched && event.detail !== 0 && owner !== mark) {
      event.preventDefault();
      open(mark);
    }
    touched = false;
  });
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !owner) return;
  const back = panel.contains(document.activeElement) ? owner : null;
  close();
  if (back) {
    back.focus();
    close();
  }
});
document.addEventListener("pointerdown", (event) => {
  if (owner && event.target !== owner && !panel.contains(event.target)) close();
});
document.addEventListener("focusin", (event) => {
  // Pressing the mouse in the panel moves the focus to what lies around it: that is no leaving.
  if (owner && event.target !== owner && !panel.contains(event.target) && !event.target.contains(panel)) close();
});
window.addEventListener("resize", close);
