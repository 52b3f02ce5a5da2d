// The conversation as the player sees it: what the server told, then what is still on its way to it.

import { make } from "./elements.js";
import { focusInput } from "./composer.js";
import { draw } from "./message.js";
import { day, greeting, say, whenWords } from "./words.js";

const TOGETHER = 5 * 60_000;

export class Log {
  constructor(act) {
    this.act = act;
    this.told = new Map();
    this.unconfirmed = new Map();
    this.pressed = new Map();
    this.drawn = new Map();
    this.languages = 0;
    this.hasEarlier = false;
    this.isLoaded = false;
    this.log = document.getElementById("log");
    this.scroll = document.getElementById("scroll");
    this.newer = document.getElementById("newer");
    this.earlier = document.getElementById("earlier");
    this.newer.addEventListener("click", () => this.toBottom());
    this.scroll.addEventListener("scroll", () => this.isAtBottom() && (this.newer.hidden = true), { passive: true });
    // A keyboard that comes up takes room, and pictures that arrive need some: who was at the end stays there.
    const sizes = new ResizeObserver(() => this.wasAtBottom && this.toBottom());
    sizes.observe(this.scroll);
    sizes.observe(this.log);
    whenWords(() => {
      this.newer.textContent = say("new_messages");
      this.earlier.textContent = say("earlier_messages");
      this.log.setAttribute("aria-label", say("messages_label"));
      this.scroll.setAttribute("aria-label", say("messages_label"));
      this.languages += 1;
      this.draw();
    });
  }

  // A frame of messages; returns those from us that came while the page was open.
  take({ messages, fresh, more }) {
    const news = messages.filter((each) => each.author !== "player" && !each.deleted && !this.told.has(each.number));
    if (fresh) this.told.clear();
    for (const message of messages) {
      this.told.set(message.number, message);
      this.unconfirmed.delete(message.id);
    }
    if (fresh) this.hasEarlier = more;
    const isFirst = !this.isLoaded;
    this.isLoaded = true;
    this.draw(isFirst, news.length > 0);
    this.beLive();
    return isFirst ? [] : news;
  }

  takeEarlier({ messages, more }) {
    for (const message of messages) this.told.set(message.number, message);
    this.hasEarlier = more;
    const height = this.scroll.scrollHeight;
    this.log.setAttribute("aria-live", "off");
    this.draw();
    this.scroll.scrollTop += this.scroll.scrollHeight - height;
    this.beLive();
  }

  // Something of ours that is on its way (or could not get there).
  show(entry, state) {
    if (entry.type === "press") this.pressed.set(entry.number, state === "failed" ? null : entry.action);
    else this.unconfirmed.set(entry.id, { ...entry, state });
    this.draw(true);
  }

  // The server has it, and tells of it in a frame of messages; what it does not tell of stays until the next reload.
  confirm(id) {
    const entry = this.unconfirmed.get(id);
    if (entry) this.unconfirmed.set(id, { ...entry, state: undefined, sent_at: new Date().toISOString() });
    this.draw();
  }

  get oldest() {
    return Math.min(...this.told.keys());
  }

  get isWaiting() {
    return [...this.unconfirmed.values()].some((each) => each.state === "sending");
  }

  draw(follow = false, hasNews = false) {
    const atBottom = this.isAtBottom();
    const hadFocus = this.log.contains(document.activeElement);
    this.place(this.nodes());
    this.earlier.hidden = !this.hasEarlier;
    if (hadFocus && !this.log.contains(document.activeElement)) focusInput();
    if (follow || atBottom) this.toBottom();
    else if (hasNews) this.newer.hidden = false;
  }

  nodes() {
    const drawn = new Map();
    const nodes = [];
    let date = "";
    for (const item of this.items()) {
      const at = item.sent_at && day(new Date(item.sent_at));
      if (at && at !== date) nodes.push(this.reuse(drawn, `day ${at}`, at, () => make("p", { className: "day" }, at)));
      date = at || date;
      nodes.push(this.reuse(drawn, item.key, this.languages + JSON.stringify(item), () => draw(item, this.act)));
    }
    this.drawn = drawn;
    return nodes;
  }

  items() {
    const told = [...this.told.values()].filter((each) => !each.deleted).sort((a, b) => a.number - b.number);
    const own = [...this.unconfirmed.values()].map((each) => ({ ...each, author: "player", buttons: [] }));
    // An offer stands until the player presses one of its buttons or says something else.
    const newestOffer = told.findLast((each) => each.author === "player" || each.buttons.some((button) => button.action));
    const newestOwn = [...told, ...own].findLast((each) => each.author === "player" && !each.state);
    const items = this.hasEarlier || !this.isLoaded ? [] : [greetingItem()];
    for (const message of [...told, ...own]) {
      items.push({
        ...message,
        key: `message ${message.id ?? message.number}`,
        buttons: message === newestOffer ? message.buttons : message.buttons.filter((button) => button.url),
        pressed: this.pressed.get(message.number),
        follows: follows(items.at(-1), message),
        isNewestOwn: message === newestOwn,
      });
    }
    return items;
  }

  reuse(drawn, key, signature, makeNode) {
    const before = this.drawn.get(key);
    let node = before?.node;
    if (before?.signature !== signature) node = node ? renew(node, makeNode()) : makeNode();
    drawn.set(key, { signature, node });
    return node;
  }

  // Put the nodes in their order, touching only what changed: a screen reader hears what was added, and nothing twice.
  place(nodes) {
    const wanted = new Set(nodes);
    for (const child of [...this.log.children]) if (!wanted.has(child)) child.remove();
    nodes.forEach((node, index) => {
      if (this.log.children[index] !== node) this.log.insertBefore(node, this.log.children[index] ?? null);
    });
  }

  beLive() {
    setTimeout(() => this.log.setAttribute("aria-live", "polite"), 100);
  }

  isAtBottom() {
    this.wasAtBottom = this.scroll.scrollHeight - this.scroll.scrollTop - this.scroll.clientHeight < 60;
    return this.wasAtBottom;
  }

  toBottom() {
    this.scroll.scrollTop = this.scroll.scrollHeight;
    this.wasAtBottom = true;
    this.newer.hidden = true;
  }
}

// The old element with what is new about it, so that a screen reader hears that part alone.
function renew(old, fresh) {
  const children = [...fresh.children];
  const kept = children.map((child, index) => (old.children[index]?.isEqualNode(child) ? old.children[index] : child));
  old.className = fresh.className;
  kept.forEach((child, index) => old.children[index] !== child && old.insertBefore(child, old.children[index] ?? null));
  while (old.children.length > kept.length) old.lastElementChild.remove();
  return old;
}

function greetingItem() {
  return { key: "greeting", isGreeting: true, author: "bot", html: greeting(), files: [], buttons: [] };
}

function follows(before, message) {
  if (!before || before.author !== message.author || before.name !== message.name) return false;
  return !before.sent_at || !message.sent_at || new Date(message.sent_at) - new Date(before.sent_at) < TOGETHER;
}
