// Nothing typed is lost by a slip: leaving asks first, a second click within a second sends nothing, Ctrl+Enter sends.

const PAUSE = 1000; // milliseconds in which a second submit of the same form is a slip
const leaving = new WeakSet();
const sentAt = new WeakMap();

const halfWritten = () =>
  [...document.querySelectorAll("textarea")].some(
    (area) => !area.readOnly && area.value !== area.defaultValue && !(area.form && leaving.has(area.form)),
  );

window.addEventListener("beforeunload", (event) => {
  if (halfWritten()) event.preventDefault();
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  const now = performance.now();
  if (now - (sentAt.get(form) ?? -Infinity) < PAUSE) {
    event.preventDefault();
    return;
  }
  sentAt.set(form, now);
  // A form answered in another window leaves this page, and its text, where they are.
  if ((event.submitter?.formTarget || form.target) !== "_blank") leaving.add(form);
});

// Coming back by the back button, the text may be changed again.
window.addEventListener("pageshow", () => {
  for (const form of document.forms) leaving.delete(form);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
  const form = event.target.closest?.("textarea")?.form;
  if (!form) return;
  event.preventDefault();
  form.requestSubmit(form.querySelector("button:not([name], [type=button])") ?? undefined); // none that only previews
});
