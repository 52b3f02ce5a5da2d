// The conversation: everything said by player, bot and agents, and the notes among staff.

import { Refused } from "./api.js";
import { attachment } from "./attachments.js";
import { correctMessage, deleteMessage } from "./correct_dialog.js";
import { element, keyed } from "./dom.js";
import { icon } from "./icons.js";
import { markdown } from "./markdown.js";
import { dots } from "./menu.js";
import { announce, notice } from "./notices.js";
import { clock, day, full, moment, sameDay } from "./times.js";

const TOGETHER = 5 * 60000;
const NEAR_THE_END = 80;
const TYPING_SHOWN = 6000;
const NOTES = { question: "asks the lead", answer: "answers as lead" };

export class Messages {
  constructor(desk) {
    this.desk = desk;
    this.earlier = element("button", { type: "button", class: "plain earlier", onclick: () => this.readBack() }, "Show earlier messages");
    this.list = element("ol", { class: "messages" });
    // What arrives is announced apart: a log that is read aloud as it opens would read the whole conversation.
    const log = { class: "scroller", tabindex: "0", role: "log", "aria-label": "Conversation", "aria-live": "off" };
    this.typing = element("p", { class: "typing", hidden: true });
    this.scroller = element("div", log, this.earlier, this.list, this.typing);
    this.down = element("button", { type: "button", class: "plain to-end", hidden: true, onclick: () => this.toEnd() }, icon("down"), "New messages");
    this.node = element("div", { class: "conversation" }, this.scroller, this.down);
    this.scroller.addEventListener("scroll", () => this.atEnd() && (this.down.hidden = true));
    // Pictures and a growing writing box change the height: whoever reads the end keeps reading the end.
    this.followed = true;
    this.size = "";
    this.scroller.addEventListener("scroll", () => {
      // Where the size changed too, nobody scrolled: the observer sees to it.
      if (this.size === this.measure()) this.followed = this.atEnd();
    });
    const follow = new ResizeObserver(() => {
      if (this.followed) this.toEnd();
      this.size = this.measure();
    });
    follow.observe(this.list);
    follow.observe(this.scroller);
    desk.on("open", () => (this.hideTyping(), this.render(true)));
    desk.on("messages", () => this.render(false));
    desk.on("lists", () => this.render(false));
    desk.on("ticket", () => this.render(false));
    desk.on("arrived", (messages) => this.arrived(messages));
    desk.on("typing", () => this.showTyping());
  }

  render(opened) {
    const { open } = this.desk;
    if (!open) return;
    const stay = !opened && !this.followed;
    this.earlier.hidden = !open.more;
    this.list.setAttribute("aria-busy", String(open.messages.size === 0));
    const rows = this.rows(this.desk.conversation());
    keyed(this.list, rows, (row) => row.key, (row) => row.stamp, (row) => row.make());
    if (opened) this.down.hidden = true;
    if (!stay) this.toEnd();
  }

  /** The lines to show: messages, and between them the days and who took over. */
  rows(messages) {
    const rows = [];
    let last = null;
    let spoken = null;
    for (const message of messages) {
      if (!last || !sameDay(last.sent_at, message.sent_at)) {
        const text = day(message.sent_at);
        rows.push({ key: `day-${message.number}`, stamp: text, make: () => divider("day", text) });
      }
      if (spoken && spoken.ticket_number !== message.ticket_number && message.direction !== "note") {
        const text = message.ticket_number ? "Brought to the team" : "Back with the bot";
        rows.push({ key: `ticket-${message.number}`, stamp: text, make: () => divider("handover", text) });
      }
      const joined = last !== null && follows(last, message);
      const name = this.speaker(message);
      const stamp = `${this.mayCorrect(message)} ${message.revision} ${joined} ${name} ${this.desk.lists.staff[message.agent_id]}`;
      rows.push({ key: message.number, stamp, make: () => this.line(message, joined, name) });
      last = message;
      if (message.direction !== "note") spoken = message;
    }
    return rows;
  }

  speaker(message) {
    if (message.direction === "incoming") return this.desk.open.ticket?.player ?? "Player";
    if (message.author === "bot") return "Bot";
    return this.desk.lists.staff[message.agent_id] ?? "Support team";
  }

  line(message, joined, name) {
    const kind = message.direction === "note" ? "note" : message.direction === "incoming" ? "player" : message.author;
    const { buttons, facts, attachments } = message;
    return element(
      "li",
      { class: `message from-${kind}${joined ? " joined" : ""}${message.deleted_at ? " deleted" : ""}` },
      !joined && head(message, kind, name),
      element(
        "div",
        { class: "bubble" },
        ...Object.entries(facts).filter(([fact]) => fact !== "kind").map(([fact, value]) => element("p", { class: "fact" }, factText(fact, value))),
        message.text !== "" && element("div", { class: "text", dir: "auto" }, ...said(message, kind)),
        ...attachments.map(attachment),
        buttons.length > 0 && element("p", { class: "offered-buttons", "aria-label": "Buttons shown to the player" }, ...buttons.map((label) => element("span", {}, label))),
      ),
      versions(message, this.speaker(message)),
      kind === "agent" || kind === "bot" ? element("div", { class: "under" }, this.status(message, kind), this.mayCorrect(message) && this.corrections(message)) : null,
    );
  }

  /** W6: what went out by mistake may be mended by whoever wrote it, and by leads. */
  mayCorrect(message) {
    const { open, me } = this.desk;
    if (message.author !== "agent" || message.direction !== "outgoing" || message.deleted_at || message.status !== "sent") return false;
    return (message.agent_id === me.id || me.role !== "agent") && message.ticket_number === Number(open.key.split("-")[1]);
  }

  corrections(message) {
    return dots("Correct or delete this message", () => [
      { label: "Correct…", run: () => correctMessage(this.desk, message) },
      { label: "Delete…", danger: true, run: () => deleteMessage(this.desk, message) },
    ], { class: "quiet correct" }).node;
  }

  status(message, kind) {
    const { status, error, number, left, correction } = message;
    if (correction === "under_way") return element("p", { class: "status" }, "Correcting…");
    if (correction === "said") return element("p", { class: "status" }, "This network cannot change it: it was said anew");
    if (status === "waiting") return element("p", { class: "status" }, "Sending…");
    if (status === "sent") return kind === "agent" ? element("p", { class: "status status-sent" }, icon("check"), "Sent") : null;
    if (left) return element("p", { class: "status" }, status === "dead" ? "Not delivered, and left so" : "It may have arrived or not, and was left so");
    if (status === "unknown") {
      return this.trouble("It may have arrived or not: nobody could tell us.", error, [
        ["Send again", "resend", number],
        ["Leave it", "leave", number],
      ]);
    }
    if (status === "dead") {
      return this.trouble("Not delivered.", error, [
        ["Send again", "resend", number],
        ["Leave it", "leave", number],
      ]);
    }
    return null;
  }

  trouble(text, error, choices) {
    const buttons = choices.map(([label, act, message]) =>
      element("button", { type: "button", class: "plain small", onclick: (event) => this.settle(event.target, act, message) }, label),
    );
    return element("div", { class: "trouble" }, icon("warning"), element("p", {}, text, error && element("span", { class: "error" }, error)), ...buttons);
  }

  async settle(button, name, message) {
    const buttons = button.parentElement.querySelectorAll("button");
    for (const each of buttons) each.disabled = true;
    try {
      await this.desk.act(name, { message });
    } catch (error) {
      notice(error.message, error instanceof Refused && error.status === 409 ? "declined" : "bad");
      for (const each of buttons) each.disabled = false;
    }
  }

  arrived(messages) {
    const incoming = messages.filter((message) => message.direction === "incoming");
    if (!this.followed) this.down.hidden = false;
    if (incoming.length) this.hideTyping();
    if (incoming.length) announce(`${this.speaker(incoming[0])}: ${incoming.map((message) => message.text).join(" ")}`);
  }

  /** The player is writing: said for a while, unless it is told again. */
  showTyping() {
    const follow = this.followed;
    this.typing.textContent = `${this.desk.open?.ticket?.player ?? "The player"} is writing…`;
    this.typing.hidden = false;
    clearTimeout(this.untilHidden);
    this.untilHidden = setTimeout(() => this.hideTyping(), TYPING_SHOWN);
    if (follow) this.toEnd();
  }

  hideTyping() {
    clearTimeout(this.untilHidden);
    this.typing.hidden = true;
  }

  measure() {
    return `${this.scroller.scrollHeight} ${this.scroller.clientHeight}`;
  }

  atEnd() {
    return this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight < NEAR_THE_END;
  }

  toEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.followed = true;
    this.down.hidden = true;
  }

  async readBack() {
    this.earlier.disabled = true;
    const fromEnd = this.scroller.scrollHeight - this.scroller.scrollTop;
    this.followed = false;
    try {
      await this.desk.earlier();
      this.scroller.scrollTop = this.scroller.scrollHeight - fromEnd;
    } catch (error) {
      notice(error.message, "bad");
    } finally {
      this.earlier.disabled = false;
    }
  }
}

function follows(last, message) {
  return (
    last.direction === message.direction &&
    last.author === message.author &&
    last.agent_id === message.agent_id &&
    last.ticket_number === message.ticket_number &&
    Date.parse(message.sent_at) - Date.parse(last.sent_at) < TOGETHER
  );
}

function divider(kind, text) {
  return element("li", { class: `divider divider-${kind}` }, element("span", {}, text));
}

function head(message, kind, name) {
  return element(
    "p",
    { class: "head" },
    kind === "note" && icon("lock"),
    element("span", { class: "name" }, name),
    kind === "note" && element("span", { class: "note-label" }, NOTES[message.facts.kind] ?? "internal note"),
    element("time", { datetime: message.sent_at, title: full(message.sent_at) }, clock(message.sent_at)),
  );
}

/** Players' words and notes are plain text; what went out is Markdown. */
function said(message, kind) {
  return kind === "player" || kind === "note" ? [element("p", {}, message.text)] : markdown(message.text);
}

function versions(message, name) {
  if (!message.edited_at && !message.deleted_at) return null;
  const own = message.direction === "outgoing";
  const label = message.deleted_at
    ? `${own ? `deleted by ${name}` : "taken back by the player"}, ${moment(message.deleted_at)}`
    : `${own ? "corrected" : "edited"} ${moment(message.edited_at)}`;
  const earlier = message.versions.filter((version) => version.text !== message.text);
  if (!earlier.length) return element("p", { class: "changed" }, label);
  const lines = earlier.map((version) => element("li", {}, element("span", { class: "version", dir: "auto" }, version.text), ` until ${clock(version.replaced_at)}`));
  return element("details", { class: "changed" }, element("summary", {}, label), element("ul", {}, ...lines));
}

function factText(fact, value) {
  if (fact === "late") return "Written while the service was off";
  if (fact === "forwarded") return "Forwarded";
  return `A kind of message that cannot be shown here: ${value}`;
}
