// What goes with a reply beside its words: snippets, a promise to write again, and that we are still looking.

import { element, fill } from "./dom.js";
import { icon } from "./icons.js";
import { MomentPicker, sayMoment, theirTime } from "./moments.js";
import { SnippetPicker } from "./snippets.js";

export class ReplyExtras {
  constructor(desk, { insert, leave }) {
    this.desk = desk;
    this.picker = new SnippetPicker(desk, { insert, leave });
    this.moment = new MomentPicker({ label: "I'll write again by", onchange: (at) => this.chosen(at) });
    this.moment.node.hidden = true;
    this.looking = element("input", { type: "checkbox", id: "still-looking" });
    this.promised = element("span", { class: "promised", hidden: true });
    this.promise = element("button", { type: "button", class: "quiet", title: "Promise to write again by a time (p)", "aria-expanded": "false", onclick: () => this.togglePromise() }, icon("clock"), element("span", { class: "wide-only" }, "Promise"));
    this.snippets = element("button", { type: "button", class: "quiet", title: "Snippets and templates (/ at the start of a line)", onclick: () => this.picker.open() }, icon("snippet"), element("span", { class: "wide-only" }, "Snippets"));
    const stillLooking = element("span", { class: "still-looking", title: "The next word is still ours: the clocks go on" }, this.looking, element("label", { for: "still-looking" }, "still looking"));
    this.buttons = [this.snippets, this.promise, stillLooking];
    this.above = element("div", { class: "reply-extras" }, this.picker.node, this.moment.node, this.promised);
  }

  open() {
    this.picker.close();
    this.reset();
  }

  /** The reply is sent: what went with it is done. */
  reset() {
    this.looking.checked = false;
    this.moment.node.hidden = true;
    this.moment.set(null);
  }

  allow(allowed) {
    for (const each of [this.snippets, this.promise, this.looking]) each.disabled = !allowed;
  }

  togglePromise(shown = this.moment.node.hidden) {
    this.moment.zone = this.desk.open?.card?.player.time_zone ?? null;
    this.moment.node.hidden = !shown;
    this.render();
    if (shown) this.moment.node.querySelector("button").focus();
  }

  /** A time from the presets needs no more choosing; one that is being typed may. */
  chosen(at) {
    const typing = this.moment.input === document.activeElement;
    if (at && !typing) {
      this.moment.node.hidden = true;
      this.promise.focus();
    }
    this.render();
  }

  render() {
    const { at } = this.moment;
    this.promise.setAttribute("aria-expanded", String(!this.moment.node.hidden));
    this.promised.hidden = !at;
    const remove = element("button", { type: "button", class: "quiet", "aria-label": "Promise nothing", onclick: () => (this.moment.set(null), (this.moment.node.hidden = true)) }, icon("close"));
    fill(this.promised, icon("clock"), at && `I'll write again by ${sayMoment(at)}`, at && this.theirs(at), remove);
  }

  theirs(at) {
    const theirs = theirTime(at, this.moment.zone);
    return theirs && ` (${theirs})`;
  }

  details() {
    return { promise: this.moment.value, looking: this.looking.checked };
  }
}
