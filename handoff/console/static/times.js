// Moments and durations as people read them. The server's clock counts: a wrong clock here would show wrong waits.

let ahead = 0;

/** The server said what time it is. */
export function setClock(iso) {
  ahead = Date.parse(iso) - Date.now();
}

export function now() {
  return Date.now() + ahead;
}

/** A duration in milliseconds: 0:42, 12:05, 3 h 05 m, 2 d 4 h. */
export function duration(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const [minutes, hours, days] = [seconds / 60, seconds / 3600, seconds / 86400].map(Math.floor);
  if (hours < 1) return `${minutes}:${two(seconds % 60)}`;
  if (days < 1) return `${hours} h ${two(minutes % 60)} m`;
  return `${days} d ${hours % 24} h`;
}

export function since(iso) {
  return now() - Date.parse(iso);
}

export function clock(iso) {
  return new Date(iso).toLocaleTimeString([], { hour: "numeric", minute: "2-digit" });
}

/** The time, with the day where that is not today. */
export function moment(iso) {
  return sameDay(iso, now()) ? clock(iso) : `${day(iso)}, ${clock(iso)}`;
}

export function day(iso) {
  const date = new Date(iso);
  if (sameDay(iso, now())) return "Today";
  if (sameDay(iso, now() - 86400000)) return "Yesterday";
  const year = date.getFullYear() === new Date(now()).getFullYear() ? undefined : "numeric";
  return date.toLocaleDateString([], { weekday: "short", day: "numeric", month: "short", year });
}

export function full(iso) {
  return new Date(iso).toLocaleString([], { dateStyle: "full", timeStyle: "medium" });
}

export function sameDay(one, other) {
  return new Date(one).toDateString() === new Date(other).toDateString();
}

/** Let every element with data-since tick. */
export function startTicking() {
  setInterval(() => {
    for (const node of document.querySelectorAll("[data-since]")) tick(node);
    for (const node of document.querySelectorAll("[data-due]")) count(node);
  }, 1000);
}

/** Show on `node` how long it is since data-since, and how urgent that is. */
export function tick(node) {
  const waited = since(node.dataset.since);
  const text = duration(waited);
  if (node.textContent !== text) node.textContent = text;
  node.dataset.urgency = waited < 5 * 60000 ? "calm" : waited < 15 * 60000 ? "soon" : "late";
}

/** Show on `node` how long it is until data-due, or how long that is over. */
export function count(node) {
  const left = Date.parse(node.dataset.due) - now();
  const text = left >= 0 ? `${node.dataset.what ?? "due"} in ${duration(left)}` : `late by ${duration(-left)}`;
  if (node.textContent !== text) node.textContent = text;
  node.dataset.urgency = left < 0 ? "late" : left < 2 * 60000 ? "soon" : "calm";
}

function two(number) {
  return String(number).padStart(2, "0");
}
