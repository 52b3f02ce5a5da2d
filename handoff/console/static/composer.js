// The two writing boxes under the conversation, of which one is shown: to the player, or to the team.

import { Box } from "./box.js";
import { element } from "./dom.js";
import { icon } from "./icons.js";
import { ReplyExtras } from "./reply_extras.js";
import { UndoBar } from "./undo.js";

const TYPING_EVERY = 4000;

export class Composer {
  constructor(desk) {
    this.desk = desk;
    this.told = 0;
    this.to = element("strong", {});
    this.boxes = {
      reply: new Box(
        desk,
        { act: "reply", icon: "reply", label: ["To ", this.to], button: "Send reply", placeholder: "Write to the player…", hint: "**bold**, lists and links work · Ctrl+Enter sends" },
        () => this.isTyping("reply"),
        (box) => new ReplyExtras(desk, box),
      ),
      note: new Box(
        desk,
        {
          act: "note",
          icon: "lock",
          label: [icon("lock"), "Internal note: only staff ever see it"],
          button: "Save note",
          placeholder: "Write for the team…",
          hint: "Never sent to the player · Ctrl+Enter saves",
        },
        () => this.isTyping("note"),
      ),
    };
    this.undo = new UndoBar(desk, (text) => this.restore(text));
    this.tabs = Object.fromEntries(Object.keys(this.boxes).map((name) => [name, this.tab(name)]));
    this.node = element(
      "div",
      { class: "composer" },
      this.undo.node,
      element("div", { class: "tabs", role: "tablist", "aria-label": "What to write" }, this.tabs.reply, this.tabs.note),
      ...Object.entries(this.boxes).map(([name, box]) => {
        Object.assign(box.node, { id: `box-${name}` });
        box.node.setAttribute("role", "tabpanel");
        return box.node;
      }),
    );
    desk.on("open", () => this.open());
    desk.on("ticket", () => this.render());
    this.show("reply");
  }

  tab(name) {
    const label = name === "reply" ? "Reply to the player" : "Internal note";
    return element(
      "button",
      {
        type: "button",
        class: `tab tab-${name}`,
        role: "tab",
        "aria-controls": `box-${name}`,
        title: `Shortcut: ${name[0]}`,
        onclick: () => this.write(name),
        onkeydown: (event) => this.moved(event),
      },
      icon(name === "reply" ? "reply" : "lock"),
      label,
    );
  }

  moved(event) {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    const other = this.shown === "reply" ? "note" : "reply";
    this.show(other);
    this.tabs[other].focus();
  }

  open() {
    const { open } = this.desk;
    if (!open) return;
    for (const box of Object.values(this.boxes)) box.open(open.key);
    this.show("reply");
    this.render();
  }

  show(name) {
    this.shown = name;
    for (const [each, box] of Object.entries(this.boxes)) {
      box.node.hidden = each !== name;
      this.tabs[each].setAttribute("aria-selected", String(each === name));
      this.tabs[each].tabIndex = each === name ? 0 : -1;
      if (each === name && box.draft) box.grow();
    }
    this.node.classList.toggle("writing-note", name === "note");
  }

  /** Show this box and put the cursor in it. */
  write(name) {
    this.show(name);
    this.boxes[name].focus();
  }

  /** Words that were taken back stand in the box again, before whatever was begun since. */
  restore(text) {
    const box = this.boxes.reply;
    box.words.value = [text, box.words.value].filter(Boolean).join("\n\n");
    box.typed();
    this.write("reply");
  }

  /** Open the snippets, or the promise, of the reply. */
  pick() {
    if (!this.boxes.reply.allowed) return;
    this.show("reply");
    this.boxes.reply.extras.picker.open();
  }

  promise() {
    if (!this.boxes.reply.allowed) return;
    this.show("reply");
    this.boxes.reply.extras.togglePromise();
  }

  submit() {
    this.boxes[this.shown].submit();
  }

  get hasReply() {
    return this.boxes.reply.begun;
  }

  render() {
    const ticket = this.desk.open?.ticket;
    this.node.hidden = !ticket;
    if (!ticket) return;
    this.to.textContent = ticket.player;
    this.boxes.reply.allow(...this.mayReply(ticket));
    this.boxes.note.allow(true);
  }

  mayReply(ticket) {
    if (ticket.lost) return [false, "The player cannot be reached. What you write would not be delivered."];
    if (ticket.state === "waiting") return [false, "Take the ticket to answer (t)."];
    if (ticket.state === "snoozed") return [false, "The ticket is put aside. Wake it to answer (w)."];
    if (ticket.state === "resolved") return [false, "The ticket is closed. Reopen it to write."];
    if (!this.desk.isMine(ticket)) return [false, `With ${this.desk.deskName(ticket.agent_id)}. You can leave a note for them.`];
    return [true];
  }

  isTyping(box) {
    if (Date.now() - this.told < TYPING_EVERY) return;
    this.told = Date.now();
    this.desk.connection.typing(box);
  }
}
