// The player wrote while the reply was written: what they wrote, and whether the reply is to go out all the same.

import { element, fill } from "./dom.js";
import { icon } from "./icons.js";

export class Newer {
  /** `send()` sends the reply all the same; `change()` goes back to the words. */
  constructor(desk, { send, change }) {
    this.desk = desk;
    this.sendAnyway = send;
    this.change = change;
    this.seen = 0;
    this.words = element("ul", { class: "newer-words" });
    this.node = element("section", { class: "findings newer", role: "alert", "aria-label": "The player wrote meanwhile", hidden: true, onkeydown: (event) => this.pressed(event) });
    desk.on("messages", () => this.node.hidden || this.render());
  }

  show(seen) {
    this.seen = seen;
    fill(
      this.node,
      element("p", { class: "findings-title" }, icon("warning"), `${this.desk.open.ticket.player} wrote meanwhile. Does your reply still fit?`),
      this.words,
      element(
        "div",
        { class: "findings-choices" },
        element("button", { type: "button", class: "primary small", onclick: () => (this.hide(), this.change()) }, "Change it"),
        element("button", { type: "button", class: "plain small", onclick: () => (this.hide(), this.sendAnyway()) }, "Send all the same"),
      ),
    );
    this.render();
    this.node.hidden = false;
    this.node.querySelector("button").focus();
  }

  render() {
    const fresh = this.desk.conversation().filter((each) => each.direction === "incoming" && each.number > this.seen);
    fill(this.words, ...fresh.map((each) => element("li", { dir: "auto" }, each.text || "(a file)")));
  }

  hide() {
    this.node.hidden = true;
  }

  pressed(event) {
    if (event.key !== "Escape" || event.isComposing) return;
    event.stopPropagation();
    this.hide();
    this.change();
  }
}
