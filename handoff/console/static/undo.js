// A reply that is about to go out: for a few seconds it can be taken back.

import { Refused } from "./api.js";
import { element, fill } from "./dom.js";
import { icon } from "./icons.js";
import { announce, notice } from "./notices.js";
import { now } from "./times.js";

export class UndoBar {
  /** `restore(text)` puts the words back into the box. */
  constructor(desk, restore) {
    this.desk = desk;
    this.restore = restore;
    this.node = element("div", { class: "undo-bars", role: "status" });
    for (const name of ["ticket", "open"]) desk.on(name, () => this.render());
  }

  render() {
    const pending = pendingReplies(this.desk.open?.ticket).filter((each) => each.agent_id === undefined || each.agent_id === this.desk.me.id);
    const stamp = JSON.stringify(pending);
    if (stamp === this.stamp) return;
    this.stamp = stamp;
    fill(this.node, ...pending.map((each) => this.bar(each)));
    if (pending.length) announce("Sending. Press u to undo.");
  }

  bar(reply) {
    const button = element("button", { type: "button", class: "plain small", title: "Shortcut: u", onclick: () => this.undo(reply, button) }, icon("undo"), "Undo");
    const left = Math.max(0, Date.parse(reply.due_at) - now());
    const bar = element("div", { class: "undo-bar" }, element("span", {}, "Sending…"), element("span", { class: "undo-text", dir: "auto" }, reply.text), button);
    bar.style.setProperty("--left", `${left}ms`);
    return bar;
  }

  async undo(reply, button) {
    button.disabled = true;
    try {
      await this.desk.act("undo", { reply: reply.reply });
      this.restore(reply.text);
      notice("Taken back: the player has not seen it.");
    } catch (error) {
      notice(error.message, error instanceof Refused && error.status === 409 ? "declined" : "bad");
      button.disabled = false;
    }
  }

  /** Take back the reply begun last, if one is on its way out. */
  last() {
    this.node.querySelector(".undo-bar:last-child button")?.click();
  }
}

/** Replies that wait out their seconds: the ticket tells one or several. */
export function pendingReplies(ticket) {
  const pending = ticket?.pending;
  return Array.isArray(pending) ? pending : pending ? [pending] : [];
}
