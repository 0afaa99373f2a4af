// Buttons and keys that write Markdown into a text box. It stays plain text, and each step can be undone.
// Input: <div data-toolbar hidden> with <button data-tool="bold" data-sample="bold"> in a form with a text box.

const KEYS = { b: "bold", i: "italic", k: "link" };

// As if typed, so that Ctrl+Z takes it back; where the browser no longer does that, the text is set.
function type(area, text, start, end) {
  area.focus();
  area.setSelectionRange(start, end);
  if (document.execCommand("insertText", false, text)) return;
  area.setRangeText(text, start, end, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

// Before and after what is selected; a second press takes both away again.
function wrap(area, before, after, sample) {
  const { value, selectionStart: start, selectionEnd: end } = area;
  const outer = value.slice(start - before.length, start) === before && value.slice(end, end + after.length) === after;
  if (outer && start !== end) {
    const words = value.slice(start, end);
    type(area, words, start - before.length, end + after.length);
    area.setSelectionRange(start - before.length, end - before.length);
    return;
  }
  const words = value.slice(start, end) || sample;
  type(area, before + words + after, start, end);
  area.setSelectionRange(start + before.length, start + before.length + words.length);
}

// Whole lines, each with its sign before it.
function lines(area, sign) {
  const { value, selectionStart, selectionEnd } = area;
  const start = value.lastIndexOf("\n", selectionStart - 1) + 1;
  const next = value.indexOf("\n", selectionEnd);
  const end = next < 0 ? value.length : next;
  const rows = value.slice(start, end).split("\n");
  const all = rows.every((row) => row.startsWith(sign));
  const text = rows.map((row) => (all ? row.slice(sign.length) : sign + row)).join("\n");
  type(area, text, start, end);
  area.setSelectionRange(rows.length > 1 ? start : start + text.length, start + text.length);
}

function block(area, text, from, length) {
  const { value, selectionStart: start, selectionEnd: end } = area;
  const before = !start || value.slice(0, start).endsWith("\n\n") ? "" : value[start - 1] === "\n" ? "\n" : "\n\n";
  type(area, `${before}${text}\n`, start, end);
  area.setSelectionRange(start + before.length + from, start + before.length + from + length);
}

function link(area) {
  const { value, selectionStart: start, selectionEnd: end } = area;
  const words = value.slice(start, end);
  const isAddress = /^https?:\/\/\S+$/.test(words);
  return (sample) => {
    const [text, address] = isAddress ? [sample, words] : [words || sample, "https://"];
    type(area, `[${text}](${address})`, start, end);
    // What is still to be typed stands selected: the words, or the address.
    const from = start + (isAddress || !words ? 1 : text.length + 3);
    area.setSelectionRange(from, from + (isAddress || !words ? text.length : address.length));
  };
}

const TOOLS = {
  bold: (area, sample) => wrap(area, "**", "**", sample),
  italic: (area, sample) => wrap(area, "*", "*", sample),
  link: (area, sample) => link(area)(sample),
  quote: (area) => lines(area, "> "),
  list: (area) => lines(area, "- "),
  code(area, sample) {
    const words = area.value.slice(area.selectionStart, area.selectionEnd);
    if (words.includes("\n")) block(area, `\`\`\`\n${words}\n\`\`\``, 4, words.length);
    else wrap(area, "`", "`", sample);
  },
  table(area, sample) {
    const head = `| ${sample} 1 | ${sample} 2 |`;
    block(area, `${head}\n| --- | --- |\n|  |  |`, 2, sample.length + 2);
  },
};

for (const bar of document.querySelectorAll("[data-toolbar]")) {
  const area = bar.closest("form").querySelector("textarea");
  const use = (tool) => TOOLS[tool](area, bar.querySelector(`[data-tool="${tool}"]`).dataset.sample ?? "");
  area.before(bar);
  bar.hidden = false;
  bar.addEventListener("click", (event) => {
    const tool = event.target.closest("button")?.dataset.tool;
    if (tool) use(tool);
  });
  area.addEventListener("keydown", (event) => {
    const tool = KEYS[event.key.toLowerCase()];
    if (!tool || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    use(tool);
  });
}
