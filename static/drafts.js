// Nothing typed is lost: each key keeps the text in this browser; a member's is saved as a draft every few seconds and
// when a field is left, and kept here until it is; a visitor's until it is posted.
// Input: <div data-drafts="/me/drafts/save/" data-thread="44"> in a form (or data-post="812" for an edit of that post),
// with a line to say so and a place for what another tab has saved; no address for a visitor, whose form has data-sign-in.
// Without script “Save draft” does the same, and “Sign in and post” shows the text again.

const PAUSE = 4000; // milliseconds between two saves
const FORGET = 30 * 24 * 3600 * 1000; // milliseconds that a text stays in this browser
const OWN = new Set(["csrfmiddlewaretoken", "token", "draft"]); // what a form says of itself
const MOST_KEPT_ALIVE = 60_000; // bytes of what may still be sent while a page goes

// Storage may be forbidden or full: then nothing is kept there.
const browser = {
  read(key) {
    try {
      const kept = JSON.parse(localStorage.getItem(key));
      return kept && Date.now() - kept.at < FORGET ? kept : null;
    } catch {
      return null;
    }
  },
  write(key, kept) {
    try {
      localStorage.setItem(key, JSON.stringify({ at: Date.now(), ...kept }));
      return true;
    } catch {
      return false;
    }
  },
  drop(key) {
    try {
      localStorage.removeItem(key);
    } catch {
      // then there is nothing either
    }
  },
};

for (const note of document.querySelectorAll("[data-drafts]")) {
  const form = note.closest("form");
  const area = form.querySelector("textarea");
  const lines = [...form.querySelectorAll("input[type=text]")];
  const [line, box] = note.children;
  const isMember = note.dataset.drafts !== "";
  // A visitor's text goes along with whoever signs in; a member's is shown to no other member at the same browser.
  const place = `text:${new URL(form.action).pathname}`;
  const key = isMember ? `${place}:${note.dataset.member}` : place;
  let timer = 0;
  let sending = null;
  let newer = 0; // the revision that another tab has saved, shown and not yet replaced
  let base = area.defaultValue.trim(); // what the text was typed on: as the server had it
  let isSent = false;

  const entries = () => [...new FormData(form)].filter(([name, value]) => !OWN.has(name) && typeof value === "string");
  const content = () => JSON.stringify(entries());
  const say = (text) => {
    if (line.textContent !== text) line.textContent = text;
  };
  const drop = () => {
    browser.drop(key);
    browser.drop(place);
  };
  const isStart = !note.dataset.thread && !note.dataset.post; // of a discussion: its draft is known by its token
  const isAhead = area.value !== area.defaultValue; // somebody typed before this script was there
  let saved = isAhead ? "" : content();

  const isTyped = () =>
    area.value.trim() || lines.some(({ value, defaultValue }) => value.trim() && value !== defaultValue);

  const keepHere = () => {
    if (isSent) return false;
    if (!isTyped()) return drop();
    const [token, draft] = [form.elements.token.value, form.elements.draft.value];
    const kept = browser.write(key, { entries: entries(), base, token, draft });
    if (kept) area.defaultValue = area.value; // leaving need not ask
    if (kept && !isMember) say(note.dataset.here);
    return kept;
  };

  const answered = async (answer, sent, text) => {
    if (answer.status === 409) {
      box.innerHTML = await answer.text();
      newer = Number(box.firstElementChild.dataset.revision);
      return;
    }
    if (answer.status === 422) return say((await answer.json()).refusal);
    if (!answer.ok) {
      keepHere();
      return say(answer.status === 403 ? note.dataset.signedOut : note.dataset.kept);
    }
    form.elements.draft.value = (await answer.json()).revision;
    saved = sent;
    base = text.trim();
    area.defaultValue = text;
    if (content() === sent) drop();
    else keepHere();
    box.replaceChildren();
    const time = new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: "short" }).format();
    say(note.dataset.said.replace("{time}", time));
  };

  const send = async (leaving) => {
    const sent = content();
    const text = area.value;
    const said = new FormData(form);
    said.set("thread", note.dataset.thread);
    said.set("post", note.dataset.post);
    const keepalive = leaving && sent.length < MOST_KEPT_ALIVE;
    try {
      await answered(await fetch(note.dataset.drafts, { method: "POST", body: said, keepalive }), sent, text);
    } catch {
      keepHere();
      say(note.dataset.kept);
    }
  };

  // One save after the other, each with all that stands in the form by then.
  const save = async (leaving = false) => {
    clearTimeout(timer);
    timer = 0;
    if (sending || newer || content() === saved) return;
    sending = send(leaving);
    await sending;
    sending = null;
    if (content() !== saved) later();
  };
  const later = () => {
    if (isMember) timer ||= setTimeout(save, PAUSE);
  };
  const typed = () => {
    isSent = false;
    keepHere();
    later();
  };

  // What was kept takes the place of the text that it was typed on, with what stands behind that by now (a quotation);
  // of another text it takes no place, and stands below it.
  const joined = (kept, on) => {
    const here = area.value.trim();
    if (here === on || !here) return kept;
    if (here.includes(kept.trim())) return area.value;
    const [before, after] = here.startsWith(on) ? [kept.trimEnd(), here.slice(on.length).trimStart()] : [here, kept];
    return `${before}\n\n${after}`;
  };

  const bringBack = ({ entries: kept, base: on, token, draft }) => {
    const { token: own, draft: known } = form.elements;
    if (isStart && known.value !== "0" && own.value !== token) return; // this is another draft
    for (const [name, value] of kept) {
      for (const field of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
        if (field.type === "checkbox") field.checked ||= field.value === value;
        // Of choices, which go from more to less: never one that shows more than the page begins with.
        else if (field.type === "radio") field.checked ||= field.value === value && !isBefore(field, name);
        else if (field === area) area.value = joined(value, on);
        else if (field.type !== "hidden" && value) field.value = value;
      }
    }
    if (content() === saved) return drop(); // the server had it already
    // Nobody else has saved since: it goes on from its own save, even from one whose answer it did not wait for.
    const goesOn = draft === known.value || (isStart && known.value === "0");
    if (goesOn) [own.value, known.value] = [token, draft];
    say(note.dataset.back);
    area.dispatchEvent(new Event("input", { bubbles: true }));
    if (goesOn && isMember) save();
  };
  const isBefore = (field, name) => {
    const checked = form.querySelector(`[name="${CSS.escape(name)}"]:checked`);
    return checked && field.compareDocumentPosition(checked) & Node.DOCUMENT_POSITION_FOLLOWING;
  };

  form.addEventListener("input", typed);
  form.addEventListener("change", typed);
  form.addEventListener("focusout", () => timer && save());
  document.addEventListener("visibilitychange", () => document.hidden && timer && save(true));
  window.addEventListener("pagehide", () => timer && save(true));

  form.addEventListener("click", (event) => {
    if (event.target.closest("button")?.name !== "save") return;
    event.preventDefault();
    if (newer) form.elements.draft.value = newer; // it was shown: this text is to take its place
    newer = 0;
    save();
  });

  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    timer = 0;
    if (isMember) {
      drop();
      isSent = true;
      return;
    }
    if (!area.value.trim() || !keepHere()) return; // the answer shows the text again
    event.preventDefault();
    location.assign(form.dataset.signIn);
  });

  const kept = browser.read(key) ?? browser.read(place);
  if (kept) bringBack(kept);
  else if (isAhead) typed();

  // A preview is saved: who comes back to it, or loads it anew, asks for the draft; what was sent is not sent again.
  if (form.querySelector(".preview") && form.elements.draft.value !== "0" && !box.firstElementChild) {
    const address = new URL(location.href);
    if (isStart) address.searchParams.set("draft", form.elements.token.value);
    history.replaceState(null, "", address);
  }
}
