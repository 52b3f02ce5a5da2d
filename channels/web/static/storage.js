// What the browser keeps for us. Where it may not (private windows, blocked frames), this page's memory has to do.

const memory = new Map();
const PREFIX = "innkeeper.";

export function load(key) {
  try {
    const found = localStorage.getItem(PREFIX + key);
    if (found !== null) return JSON.parse(found);
  } catch {
    // Not allowed, or not ours: as if it were not there.
  }
  return memory.get(key) ?? null;
}

export function save(key, value) {
  try {
    localStorage.setItem(PREFIX + key, JSON.stringify(value));
    memory.delete(key);
  } catch {
    memory.set(key, value);
  }
}

export function forget(key) {
  memory.delete(key);
  try {
    localStorage.removeItem(PREFIX + key);
  } catch {
    // It was never kept.
  }
}

export function keys(start) {
  const found = new Set([...memory.keys()].filter((key) => key.startsWith(start)));
  try {
    for (let i = 0; i < localStorage.length; i += 1) {
      const key = localStorage.key(i);
      if (key.startsWith(PREFIX + start)) found.add(key.slice(PREFIX.length));
    }
  } catch {
    // Not allowed: the memory has all there is.
  }
  return [...found];
}
