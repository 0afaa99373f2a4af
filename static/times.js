// Times are absolute in the page, so that it can be kept for everyone. Here they become “3 hours ago”, exact on hover.

const STEPS = [
  ["second", 60],
  ["minute", 60],
  ["hour", 24],
  ["day", 7],
  ["week", 4.35],
  ["month", 12],
  ["year", Infinity],
];
const language = document.documentElement.lang || undefined;
const words = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
// A member's own choice, else the zone of this browser. Where a member leaves it to the browser, the page says which zone
// is known of it: another one goes along, in a cookie, until it is kept for mails with something that they send.
const known = document.querySelector("meta[name=zone]");
const timeZone = known ? undefined : document.documentElement.dataset.timeZone;
if (known) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const [prefix, secure] = location.protocol === "https:" ? ["__Host-", "; Secure"] : ["", ""];
  if (zone && zone !== known.content) document.cookie = `${prefix}zone=${zone}; Path=/; SameSite=Lax${secure}`;
}
let exactly;
try {
  exactly = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "short", timeZone });
} catch {
  exactly = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "short" }); // a zone too new for it
}

function inWords(moment, now) {
  let amount = (moment - now) / 1000;
  for (const [unit, size] of STEPS) {
    if (Math.abs(amount) < size - 0.5) return words.format(Math.round(amount), unit);
    amount /= size;
  }
  return "";
}

// The words stand in the first text of the element: a link to the post and its number stay as they are.
function firstText(element) {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) if (walker.currentNode.data.trim()) return walker.currentNode;
  return null;
}

const shown = [];
for (const element of document.querySelectorAll("time[datetime]:not([data-absolute])")) {
  const value = element.getAttribute("datetime");
  const moment = Date.parse(value);
  const text = firstText(element);
  if (Number.isNaN(moment) || !value.includes("T") || !text) continue; // a date without an hour is not made vaguer
  const rest = text.data.match(/\s*·.*$/s)?.[0] ?? "";
  element.title = exactly.format(moment);
  shown.push({ text, moment, rest, written: text.data });
}

function tell() {
  const now = Date.now();
  for (const { text, moment, rest } of shown) {
    const told = inWords(moment, now) + rest;
    if (text.data !== told) text.data = told;
  }
}

if (shown.length) {
  tell();
  setInterval(tell, 60_000);
  document.addEventListener("visibilitychange", () => document.hidden || tell());
  // On paper “3 hours ago” says nothing: there the time stands as the page was written.
  window.addEventListener("beforeprint", () => {
    for (const { text, written } of shown) text.data = written;
  });
  window.addEventListener("afterprint", tell);
}
