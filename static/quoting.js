// “Quote” takes the selected words of a post into the reply below; “@” offers the names of people.
// Input: <a data-quote="812" data-number="12"> in an article with .prose; <div data-names="/me/names/" data-thread="44"> in a form.
// Without script the link leads to a reply that begins with the whole post, and names are typed.

const PAUSE = 150; // milliseconds without a key

const selected = (article) => {
  const prose = article?.querySelector(".prose");
  const selection = getSelection();
  const inside = prose && !selection.isCollapsed && prose.contains(selection.anchorNode) && prose.contains(selection.focusNode);
  return inside ? selection.toString().trim() : "";
};

let words = ""; // kept from before the press, which ends a selection

document.addEventListener("pointerdown", (event) => {
  const link = event.target.closest?.("a[data-quote]");
  if (link) words = selected(link.closest("article"));
}, true);

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-quote]");
  const area = document.querySelector("#reply textarea");
  const taken = link && (words || selected(link.closest("article")));
  words = "";
  if (!link || !taken) return;
  if (!area) {
    const address = new URL(link.href);
    address.searchParams.set("words", taken);
    link.href = address;
    return;
  }
  event.preventDefault();
  const lines = taken.split("\n").map((line) => `> ${line}`.trimEnd()).join("\n");
  const before = area.value && !area.value.endsWith("\n\n") ? `${area.value.trimEnd()}\n\n` : area.value;
  area.value = `${before}> [#${link.dataset.number}](/posts/${link.dataset.quote}/)\n${lines}\n\n`;
  area.dispatchEvent(new Event("input", { bubbles: true }));
  area.focus();
  area.setSelectionRange(area.value.length, area.value.length);
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
