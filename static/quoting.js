// “Quote” takes the selected words of a post, or all its own, into the reply below; “Reply” begins one with its number;
// “@” offers the names of people. Input: <a data-quote="812" data-number="12"> and <a data-reply="12"> (or "" of the last
// post, which needs no name) in an article with .prose; <div data-names="/me/names/" data-thread="44"> in a form.
// Without script the links lead to a reply that begins with the whole post, or its number, and names are typed.

const PAUSE = 150; // milliseconds without a key
const LONGEST_QUOTE = 1500; // characters, where nobody has chosen the words; as threads/views/posting.py has it

// What of a post is selected: its words, and the same in Markdown, with cells of tables apart, lists, code and what the
// post itself quotes. Words that all stand in a quotation are its author's: they lead to that post.
function selected(link) {
  const prose = link.closest("article")?.querySelector(".prose");
  const selection = getSelection();
  if (!prose || selection.isCollapsed || !prose.contains(selection.anchorNode) || !prose.contains(selection.focusNode)) return null;
  const words = selection.toString().trim();
  const range = selection.getRangeAt(0);
  const around = range.commonAncestorContainer;
  const from = (around.nodeType === Node.ELEMENT_NODE ? around : around.parentElement).closest(".cited:not(.gone)");
  const cited = prose.contains(from) ? from.querySelector(".cited-by a") : null;
  return words && { words, markdown: markdownOf(range, prose), head: cited ? headOf(cited) : "" };
}

// The own words of a post, with … for what it quotes itself.
function whole(link) {
  const prose = link.closest("article").querySelector(".prose");
  const range = document.createRange();
  range.selectNodeContents(prose);
  return { markdown: cut(markdownOf(range, prose, true).replace(/^[…\n]+|[…\n]+$/g, "")), head: "" };
}

function cut(text) {
  if (text.length <= LONGEST_QUOTE) return text;
  const space = text.lastIndexOf(" ", LONGEST_QUOTE - 1);
  const end = space > LONGEST_QUOTE / 2 ? space : LONGEST_QUOTE - 1;
  return `${text.slice(0, end).replace(/[\s,;:–—-]+$|[\uD800-\uDBFF]$/, "")}…`;
}

const headOf = (link) => `[${link.textContent}](${new URL(link.href).pathname})`;
const quoted = (text) => text.split("\n").map((line) => `> ${line}`.trimEnd()).join("\n");
const indented = (text, by) => text.split("\n").join(`\n${" ".repeat(by)}`);

function markdownOf(range, prose, isOwn = false) {
  // Said at what is copied in part, too.
  for (const item of prose.querySelectorAll("ol > li")) item.value = numberOf(item);
  for (const cited of prose.querySelectorAll(".cited:not(.gone)")) cited.dataset.head = headOf(cited.querySelector(".cited-by a"));
  let part = range.cloneContents();
  for (let other = isOwn && part.querySelector("blockquote"); other; other = part.querySelector("blockquote")) {
    const gap = document.createElement("p");
    gap.textContent = "…";
    other.replaceWith(gap);
  }
  // Several items, rows or lines of code lost what they stand in.
  const around = range.commonAncestorContainer;
  const lines = range.toString().includes("\n") && around.parentElement.closest("pre");
  if (lines || around.nodeName.match(/^(OL|UL|TABLE|THEAD|TBODY|TR|PRE)$/)) {
    const box = (lines || around).cloneNode(false);
    box.append(part);
    part = box;
  }
  const whole = document.createElement("div");
  whole.append(part);
  return blocks(whole);
}

function numberOf(item) {
  return item.parentElement.start + [...item.parentElement.children].indexOf(item);
}

// The blocks of an element with an empty line between them; what stands beside a block is a block itself.
function blocks(element) {
  const parts = [];
  let line = "";
  const end = () => {
    const text = line.replace(/[ \t]*\n[ \t]*/g, "\n").trim();
    if (text) parts.push(text);
    line = "";
  };
  for (const node of element.childNodes) {
    const block = node.nodeType === Node.ELEMENT_NODE ? blockOf(node) : null;
    if (block === null) line += inline(node);
    else {
      end();
      if (block) parts.push(block);
    }
  }
  end();
  return parts.join("\n\n");
}

// Markdown of a block; null for what stands in a line, and nothing for what nobody has said.
function blockOf(node) {
  if (node.matches(".cited-by, .cited.gone, .term-panel, hr")) return "";
  switch (node.nodeName) {
    case "BLOCKQUOTE": {
      const text = blocks(node);
      return text && quoted(node.dataset.head ? `${node.dataset.head}\n${text}` : text);
    }
    case "UL":
    case "OL":
      return [...node.children].map(itemOf).filter(Boolean).join("\n");
    case "LI":
      return itemOf(node);
    case "TABLE":
    case "THEAD":
    case "TBODY":
    case "TR":
      return tableOf(node);
    case "PRE": {
      const fence = node.textContent.includes("```") ? "~~~~" : "```";
      return `${fence}\n${node.textContent.replace(/\n$/, "")}\n${fence}`;
    }
    case "DIV":
      return blocks(node);
    default:
      return node.matches("p, h3, h4, h5, h6") ? blocks(node) : null;
  }
}

function itemOf(item) {
  const sign = item.closest("ol, ul")?.nodeName === "OL" ? `${item.value}.` : "-";
  const text = blocks(item);
  return text && `${sign} ${indented(text, sign.length + 1)}`;
}

// A table stays one where its head is selected as well; else its cells are parted.
function tableOf(table) {
  const rows = [...(table.rows ?? [table])].map((row) => [...row.cells].map((cell) => inline(cell).trim().replaceAll("\n", " ")));
  if (!table.tHead || rows.length < 2) return rows.map((row) => row.join(" | ")).join("\n");
  const lines = rows.map((row) => `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`);
  lines.splice(1, 0, `| ${rows[0].map(() => "---").join(" | ")} |`);
  return lines.join("\n");
}

function inline(node) {
  if (node.nodeType === Node.TEXT_NODE) return node.data.replace(/\s+/g, " ");
  if (node.nodeName === "BR") return "\n";
  return node.matches(".term-panel") ? "" : [...node.childNodes].map(inline).join("");
}

let taken = null; // kept from before the press, which ends a selection

document.addEventListener("pointerdown", (event) => {
  const link = event.target.closest?.("a[data-quote]");
  if (link) taken = selected(link);
}, true);

// Behind what is typed already, with an empty line between them.
function append(area, text) {
  const before = area.value && !area.value.endsWith("\n\n") ? `${area.value.trimEnd()}\n\n` : area.value;
  area.value = before + text;
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

function goOn(area) {
  area.focus();
  area.setSelectionRange(area.value.length, area.value.length);
}

function quote(link, area) {
  const { head, markdown } = taken || selected(link) || whole(link);
  const from = head || `[#${link.dataset.number}](/posts/${link.dataset.quote}/)`;
  append(area, `${quoted([from, markdown].filter(Boolean).join("\n"))}\n\n`);
}

// Once; alone it is no text of anybody, so that nothing is saved, and leaving need not ask.
function refer(link, area) {
  const number = link.dataset.reply;
  if (!number || new RegExp(`(^|\\s)#${number}(?!\\d)`).test(area.value)) return;
  if (/^(#\d+ )?\s*$/.test(area.value)) area.value = area.defaultValue = `#${number} `;
  else append(area, `#${number} `);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-quote], a[data-reply]");
  const area = document.querySelector("#reply textarea");
  if (link && area && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    if ("reply" in link.dataset) refer(link, area);
    else quote(link, area);
    goOn(area);
  }
  taken = null;
});

for (const note of document.querySelectorAll("[data-names]")) {
  const area = note.closest("form").querySelector("textarea");
  const list = document.createElement("ul");
  list.className = "names";
  list.id = `${area.id}_names`;
  list.role = "listbox";
  list.hidden = true;
  area.after(list);
  area.setAttribute("aria-autocomplete", "list");
  area.setAttribute("aria-controls", list.id);
  let timer = 0;
  let chosen = 0;

  const close = () => {
    list.hidden = true;
    area.removeAttribute("aria-activedescendant");
  };
  const begun = () => /(?:^|[\s(])@([\p{L}\p{N}_.+-]{1,40})$/u.exec(area.value.slice(0, area.selectionStart))?.[1];
  const choose = (place) => {
    chosen = (place + list.children.length) % list.children.length;
    for (const [index, option] of [...list.children].entries()) option.ariaSelected = String(index === chosen);
    area.setAttribute("aria-activedescendant", list.children[chosen].id);
  };
  const take = () => {
    const end = area.selectionStart;
    const start = end - begun().length;
    area.setRangeText(`${list.children[chosen].dataset.name} `, start, end, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
    close();
  };

  const ask = async () => {
    const name = begun();
    if (!name) return close();
    try {
      const answer = await fetch(`${note.dataset.names}?${new URLSearchParams({ q: name, thread: note.dataset.thread })}`);
      const people = answer.ok ? await answer.json() : { people: [] };
      if (begun() !== name || !people.people.length) return close();
      list.replaceChildren(...people.people.map(({ username, shown }, index) => {
        const option = document.createElement("li");
        option.role = "option";
        option.id = `${list.id}_${index}`;
        option.dataset.name = username;
        option.textContent = `${shown} @${username}`;
        return option;
      }));
      list.hidden = false;
      choose(0);
    } catch {
      close(); // offline: the name is typed whole
    }
  };

  area.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  });
  area.addEventListener("blur", close);
  list.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    const place = [...list.children].indexOf(event.target.closest("li"));
    if (place >= 0) {
      choose(place);
      take();
    }
  });
  area.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    const act = {
      ArrowDown: () => choose(chosen + 1),
      ArrowUp: () => choose(chosen - 1),
      Enter: take,
      Tab: take,
      Escape: close,
    }[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  });
}
