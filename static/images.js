// Images in a text: pasted, dropped or chosen, sent at once, put where the cursor was; what one shows is asked in a line.
// Input: <div data-images="/me/images/" data-sending… > with a file field, a line to speak and a template, in a form with
// a text box; <button data-image hidden> in its toolbar. Without script the form itself brings the file.

const SIGNS = /[\\[\]*_`<>&~!]/g; // whatever Markdown or HTML would take for markup; as in markup/images.py
const escaped = (words) => words.trim().replace(/\s+/g, " ").replace(SIGNS, "\\$&");
const TEXTS = ["text/plain", "text/html"];
let number = 0;

for (const box of document.querySelectorAll("[data-images]")) {
  const form = box.closest("form");
  const area = form.querySelector("textarea");
  const file = box.querySelector("input[type=file]");
  const line = box.querySelector("[role=status]");
  const button = form.querySelector("[data-image]");
  let sending = 0;

  const changed = () => area.dispatchEvent(new Event("input", { bubbles: true }));

  // In a paragraph of its own; the cursor goes behind it.
  const insert = (text) => {
    const { value, selectionStart: start, selectionEnd: end } = area;
    const before = !start || value.slice(0, start).endsWith("\n\n") ? "" : value[start - 1] === "\n" ? "\n" : "\n\n";
    const after = value.slice(end).startsWith("\n") ? "" : "\n\n";
    area.setRangeText(before + text + after, start, end, "end");
    changed();
  };

  // What stands for an image that is on its way, and the image itself, wherever they have moved to by now.
  const replace = (old, text) => {
    const start = area.value.search(old);
    if (start < 0) return false;
    let end = start + area.value.match(old)[0].length;
    if (!text) end += /^\n*/.exec(area.value.slice(end))[0].length; // with the lines that parted it from the next
    area.setRangeText(text, start, end, "preserve");
    changed();
    return true;
  };
  const literally = (text) => new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const standing = (address) => new RegExp(`!\\[(?:\\\\.|[^\\]\\\\])*\\]\\(${address.replaceAll(".", "\\.")}\\)`);

  const ask = (address, shown, focus) => {
    const row = box.querySelector("template").content.cloneNode(true).firstElementChild;
    const words = row.querySelector("input");
    row.querySelector("img").src = shown;
    words.addEventListener("input", (event) => {
      event.stopPropagation();
      row.querySelector(".help").hidden = words.value.trim() !== "";
      if (!replace(standing(address), `![${escaped(words.value)}](${address})`)) row.remove();
    });
    words.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      area.focus();
    });
    row.querySelector("button").addEventListener("click", () => {
      replace(standing(address), "");
      row.remove();
      line.textContent = "";
      area.focus();
    });
    box.append(row);
    if (focus) words.focus();
  };

  const send = async (image, focus) => {
    const place = `![… ${escaped(image.name)} ${(number += 1)}]()`;
    insert(place);
    sending += 1;
    line.textContent = box.dataset.sending;
    const said = new FormData();
    said.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    said.set("image", image);
    let text = "";
    try {
      const answer = await fetch(box.dataset.images, { method: "POST", body: said });
      const isJson = answer.headers.get("Content-Type")?.startsWith("application/json");
      const { address, shown, error } = isJson ? await answer.json() : {};
      if (address) {
        text = `![](${address})`;
        ask(address, shown, focus);
        line.textContent = box.dataset.added;
      } else {
        line.textContent = error ?? (answer.status === 403 ? box.dataset.signedOut : box.dataset.failed);
      }
    } catch {
      line.textContent = box.dataset.failed;
    }
    sending -= 1;
    replace(literally(place), text);
  };

  const sendAll = async (images, focus) => {
    for (const image of images) await send(image, focus);
  };
  const imagesOf = (transfer) => [...(transfer?.files ?? [])].filter((one) => one.type.startsWith("image/"));

  file.hidden = true;
  box.append(file);
  box.querySelector("details").remove(); // with its button, which would be the form's own
  (area.closest(".entry") ?? area).after(box);
  if (button) {
    button.hidden = false;
    button.addEventListener("click", () => file.click());
  }
  file.addEventListener("change", (event) => {
    event.stopPropagation();
    const chosen = [...file.files];
    file.value = ""; // a form that is sent, or saved as a draft, does not bring it once more
    sendAll(chosen, true);
  });
  area.addEventListener("paste", (event) => {
    const images = imagesOf(event.clipboardData);
    // A table or a page brings its text and a picture of it: the text is meant.
    if (!images.length || TEXTS.some((type) => event.clipboardData.types.includes(type))) return;
    event.preventDefault();
    sendAll(images, false);
  });
  area.addEventListener("dragover", (event) => {
    if (event.dataTransfer.types.includes("Files")) event.preventDefault();
  });
  area.addEventListener("drop", (event) => {
    const images = imagesOf(event.dataTransfer);
    if (!images.length) return;
    event.preventDefault();
    sendAll(images, false);
  });
  form.addEventListener("submit", (event) => {
    if (!sending) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    line.textContent = box.dataset.wait;
  }, true);
}
