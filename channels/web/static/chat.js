// The web chat: brings the connection, the outbox, the log and the composer together.

import { Composer, focusInput } from "./composer.js";
import { Connection } from "./connection.js";
import { Log } from "./log.js";
import { Menu } from "./menu.js";
import * as outbox from "./outbox.js";
import { load, save } from "./storage.js";
import { facts, say, speak, whenWords } from "./words.js";

const TYPING_SHOWN = 6000;
const SLOW = 400;
const BANNER_AFTER = 1500;
const RETRY_AFTER = 5000;

// Whose page this is: known from the first welcome on.
let token = null;
let revision = 0;
let hasInsisted = false;
let unread = 0;
let isOpen = !facts.embedded;
let timers = {};

function later(name, wait, act) {
  clearTimeout(timers[name]);
  timers[name] = setTimeout(act, wait);
}

const log = new Log({ press, retry });
new Composer({ send, typing: () => connection.send({ type: "typing" }) });
new Menu({ choose: (text) => send({ text, files: [] }) });
const scheme = location.protocol === "https:" ? "wss:" : "ws:";
const connection = new Connection(`${scheme}//${location.host}/chat/socket`, { hello, heard, changed });

// --- What goes out --------------------------------------------------------------------------------------------------

function hello() {
  const language = document.documentElement.lang;
  // So that times are told as they are for the player.
  const time_zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return { type: "hello", token: token ?? load("token"), revision, name: facts.name, language, time_zone };
}

function send({ text, files }) {
  post(outbox.put({ type: "message", text, files, token }));
}

function press(message, button) {
  post(outbox.put({ type: "press", action: button.action, number: message.number, token }));
}

function retry(message) {
  post(message);
}

function post(entry) {
  log.show(entry, "sending");
  transmit(entry);
}

function transmit({ type, id, text, files, action }) {
  // Until the server has said welcome it does not know whose this is: then the outbox follows.
  if (connection.state !== "online") return;
  connection.send(type === "press" ? { type, id, action } : { type, id, text, files });
  later("slow", SLOW, () => log.isWaiting && showTyping("bot"));
}

function sendOutbox() {
  for (const entry of unconfirmed()) post(entry);
}

// What is in the outbox and was said by the player that this page belongs to.
function unconfirmed() {
  return outbox.all().filter((entry) => !entry.token || entry.token === (token ?? load("token")));
}

// --- What comes in --------------------------------------------------------------------------------------------------

function heard(frame) {
  switch (frame.type) {
    case "welcome":
      return welcome(frame);
    case "messages":
      return messages(frame);
    case "earlier":
      return log.takeEarlier(frame);
    case "texts":
      return speak(frame);
    case "typing":
      return showTyping(frame.author);
    case "taken":
      outbox.remove(frame.id);
      return log.confirm(frame.id);
    case "refused":
      return refused(frame);
  }
}

function welcome(frame) {
  token = frame.token;
  save("token", token);
  sendOutbox();
}

// Two tabs that were opened at once were given a token each. The one where nothing was said yet follows the other.
function agree() {
  const stored = load("token");
  if (!token || !stored || stored === token) return;
  if (revision === 0 && !log.unconfirmed.size) {
    token = stored;
    connection.restart();
  } else if (!hasInsisted) {
    hasInsisted = true;
    save("token", token);
  }
}

function messages(frame) {
  revision = frame.revision;
  for (const message of frame.messages) if (message.id) outbox.remove(message.id);
  const news = log.take(frame);
  if (news.length) {
    hideTyping();
    count(news.length);
  }
}

function refused({ id, reason }) {
  const entry = outbox.all().find((each) => each.id === id);
  if (!entry) return;
  if (reason === "unreadable") outbox.remove(id);
  else later("retry", RETRY_AFTER, sendOutbox);
  hideTyping();
  log.show(entry, "failed");
}

// --- Signs ----------------------------------------------------------------------------------------------------------

const state = document.getElementById("state");
const banner = document.getElementById("banner");
const typing = document.getElementById("typing");

function changed(now) {
  document.getElementById("chat").dataset.state = now;
  drawState();
  if (now === "online") {
    clearTimeout(timers.banner);
    banner.hidden = true;
  } else if (banner.hidden) {
    hideTyping();
    later("banner", navigator.onLine ? BANNER_AFTER : 0, () => (banner.hidden = connection.state === "online"));
  }
}

function drawState() {
  state.textContent = say(connection.state === "online" ? "online" : "connecting");
  banner.textContent = say("offline");
}

function showTyping(author) {
  document.getElementById("typing-words").textContent = `${say(author)} ${say("typing")}`;
  const atBottom = log.isAtBottom();
  typing.hidden = false;
  if (atBottom) log.toBottom();
  later("typing", TYPING_SHOWN, hideTyping);
}

function hideTyping() {
  typing.hidden = true;
}

function count(news) {
  if (isOpen && !document.hidden) return;
  unread += news;
  drawUnread();
}

function drawUnread() {
  document.title = unread ? `(${unread}) ${say("title")}` : say("title");
  tellPage({ unread });
}

function seen() {
  if (!isOpen || document.hidden || !unread) return;
  unread = 0;
  drawUnread();
}

// --- The page around us, where the chat is embedded -----------------------------------------------------------------

function tellPage(said) {
  // Which page that is was decided by the frame's policy; what is said holds nothing of the player's.
  if (facts.embedded) parent.postMessage({ innkeeper: said }, "*");
}

function embed() {
  const close = document.getElementById("close");
  close.hidden = false;
  close.addEventListener("click", () => tellPage({ close: true }));
  addEventListener("keydown", (event) => event.key === "Escape" && tellPage({ close: true }));
  addEventListener("message", (event) => {
    if (event.source !== parent || typeof event.data?.innkeeper?.open !== "boolean") return;
    isOpen = event.data.innkeeper.open;
    seen();
    if (isOpen) focusInput();
  });
  tellPage({ ready: true });
}

whenWords(() => {
  document.getElementById("title").textContent = say("title");
  document.querySelector(".skip").textContent = say("skip_to_input");
  document.getElementById("close").setAttribute("aria-label", say("close_chat"));
  drawState();
  drawUnread();
});
document.addEventListener("visibilitychange", seen);
log.earlier.addEventListener("click", () => connection.send({ type: "earlier", before: log.oldest }));
for (const entry of unconfirmed()) log.show(entry, "sending");
addEventListener("storage", agree);
if (facts.embedded) embed();
else focusInput();
connection.connect();
