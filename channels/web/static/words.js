// The page's words in the player's language; the server may change the language while the page is open.

const facts = JSON.parse(document.getElementById("facts").textContent);
let current = {
  language: facts.language,
  texts: facts.texts,
  greeting: facts.greeting,
  commands: facts.commands,
};
const watchers = [];

export { facts };

export function say(key) {
  return current.texts[`web_${key}`] ?? "";
}

export function greeting() {
  return current.greeting;
}

// [{name, label}]
export function commands() {
  return current.commands;
}

export function speak(words) {
  current = words;
  document.documentElement.lang = words.language;
  for (const watcher of watchers) watcher();
}

// Called now, and whenever the language changes.
export function whenWords(watcher) {
  watchers.push(watcher);
  watcher();
}

// The player's own way to write dates where it fits the language: "en-GB" for "en".
function locale() {
  const start = current.language.split("-")[0];
  return navigator.languages.find((each) => each.split("-")[0] === start) ?? current.language;
}

export function time(moment) {
  return new Intl.DateTimeFormat(locale(), { timeStyle: "short" }).format(moment);
}

export function day(moment) {
  if (moment.toDateString() === new Date().toDateString()) return say("today");
  return new Intl.DateTimeFormat(locale(), { dateStyle: "long" }).format(moment);
}

export function fullTime(moment) {
  return new Intl.DateTimeFormat(locale(), { dateStyle: "full", timeStyle: "short" }).format(moment);
}

export function size(bytes) {
  const isLarge = bytes >= 1_000_000;
  return new Intl.NumberFormat(locale(), {
    style: "unit",
    unit: isLarge ? "megabyte" : "kilobyte",
    unitDisplay: "short",
    maximumFractionDigits: bytes < 10_000_000 ? 1 : 0,
  }).format(bytes / (isLarge ? 1_000_000 : 1000));
}
