// What the guard found in a reply: the words marked, why, what to write instead, and sending it all the same.

import { element, fill } from "./dom.js";
import { icon } from "./icons.js";

const AROUND = 40;

export class Findings {
  /**
   * `change(start, end)` puts the cursor on what was found (positions in the checked text, as the browser counts);
   * `send(reason)` sends the reply in spite of it.
   */
  constructor(desk, { change, send }) {
    this.desk = desk;
    this.change = change;
    this.sendAnyway = send;
    this.node = element("section", { class: "findings", role: "alert", "aria-label": "Before this is sent", hidden: true, onkeydown: (event) => this.pressed(event) });
  }

  get shown() {
    return !this.node.hidden;
  }

  show({ text, findings }) {
    // Positions count whole characters; the browser's own count makes two of an emoji.
    const characters = [...text];
    const first = findings[0].span.map((at) => characters.slice(0, at).join("").length);
    this.first = () => this.change(...first);
    const blocked = findings.some((finding) => finding.severity === "block");
    fill(
      this.node,
      element("p", { class: "findings-title" }, icon("warning"), blocked ? "This should not be sent like this." : "Please look at this once more."),
      element("ul", {}, ...findings.map((finding) => line(characters, finding))),
      this.choices(blocked),
    );
    this.node.hidden = false;
    this.node.querySelector("button").focus();
  }

  hide() {
    this.node.hidden = true;
    fill(this.node);
  }

  choices(blocked) {
    const change = element("button", { type: "button", class: "primary small", onclick: () => this.first() }, "Change it");
    if (blocked && this.desk.me.role === "agent") {
      return element("div", { class: "findings-choices" }, change, element("span", { class: "hint" }, "Only a lead may send it like this."));
    }
    this.reason = element("input", { type: "text", id: "override-reason", maxlength: "500", placeholder: "your reason, kept with the ticket" });
    return element(
      "div",
      { class: "findings-choices" },
      change,
      element("label", { for: "override-reason" }, "or send it anyway, because"),
      this.reason,
      element("button", { type: "button", class: "plain small", onclick: () => this.send() }, "Send anyway"),
    );
  }

  send() {
    const reason = this.reason.value.trim();
    if (reason) this.sendAnyway(reason);
    else this.reason.focus();
  }

  /** Enter in the reason sends it; Escape goes back to the words. */
  pressed(event) {
    if (event.isComposing) return;
    if (event.key === "Enter" && event.target === this.reason) this.send();
    else if (event.key === "Escape") this.first();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

function line(characters, { span: [start, end], severity, code, reason, suggestion }) {
  const part = (from, to) => characters.slice(from, to).join("");
  const before = `${start > AROUND ? "…" : ""}${part(Math.max(0, start - AROUND), start)}`;
  const after = `${part(end, end + AROUND)}${end + AROUND < characters.length ? "…" : ""}`;
  return element(
    "li",
    { class: `finding finding-${severity}` },
    end > start && element("p", { class: "finding-words", dir: "auto" }, before, element("mark", {}, part(start, end)), after),
    element("p", {}, reason, element("span", { class: "finding-code" }, code)),
    suggestion && element("p", { class: "suggestion" }, element("strong", {}, "Better: "), suggestion),
  );
}
