// What the player has sent and the server has not yet confirmed. It outlives the page: a reload sends it again under
// the same id, and the server counts it once. All tabs share it.

import { forget, keys, load, save } from "./storage.js";

const START = "outbox.";

export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  // Pages that did not come over https lack it.
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Keep something to send: {type: "message", text, files} or {type: "press", action}. Returns it with its id.
export function put(thing) {
  // The clock may have been set back since the last one.
  const entry = { ...thing, id: newId(), order: Math.max(Date.now(), 1 + (all().at(-1)?.order ?? 0)) };
  save(START + entry.id, entry);
  return entry;
}

export function remove(id) {
  forget(START + id);
}

// Everything unconfirmed, oldest first.
export function all() {
  return keys(START)
    .map(load)
    .filter(Boolean)
    .sort((a, b) => a.order - b.order);
}
