// Words for the player inside a dialog: the guard reads them as it reads replies, and shows there what it found.

import { element } from "./dom.js";
import { Findings } from "./findings.js";
import { words } from "./forms.js";

export class GuardedWords {
  constructor(desk, label, attributes) {
    this.field = words(label, attributes);
    this.override = "";
    this.findings = new Findings(desk, { change: (start, end) => this.select(start, end), send: (reason) => this.again(reason) });
    this.field.input.addEventListener("input", () => this.findings.hide());
    this.node = element("div", {}, this.field.node, this.findings.node);
  }

  get value() {
    return this.field.value;
  }

  /** What the act says: the words, and why in spite of the guard where that was said. */
  said() {
    return { text: this.value, ...(this.override && { override_reason: this.override }) };
  }

  /** The server would not have it: where it was the guard, show why. */
  refused(error) {
    this.override = "";
    if (error.code === "guard") this.findings.show(error.details);
    return [];
  }

  select(start, end) {
    this.field.input.focus();
    this.field.input.setSelectionRange(start, end);
  }

  again(reason) {
    this.override = reason;
    this.field.input.form.requestSubmit();
  }
}
