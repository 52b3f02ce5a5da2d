// The list of commands: a button opens it, choosing one says it as if it had been typed.

import { make } from "./elements.js";
import { commands, say, whenWords } from "./words.js";

export class Menu {
  // `choose(text)` says the command.
  constructor({ choose }) {
    this.choose = choose;
    this.button = document.getElementById("menu");
    this.list = document.getElementById("commands");
    this.button.addEventListener("click", () => this.show(this.list.hidden));
    this.list.addEventListener("keydown", (event) => this.move(event));
    addEventListener("pointerdown", (event) => {
      if (!this.list.contains(event.target) && !this.button.contains(event.target)) this.show(false);
    });
    whenWords(() => this.draw());
  }

  draw() {
    this.button.setAttribute("aria-label", say("menu"));
    this.button.title = say("menu");
    this.list.setAttribute("aria-label", say("menu"));
    this.list.replaceChildren(...commands().map((command) => this.item(command)));
  }

  item({ name, label }) {
    const button = make(
      "button",
      { type: "button", role: "menuitem", tabIndex: -1 },
      make("span", {}, label),
      make("code", {}, `/${name}`),
    );
    button.addEventListener("click", () => {
      this.show(false);
      this.choose(`/${name}`);
    });
    return make("li", { role: "none" }, button);
  }

  show(open) {
    if (this.list.hidden === !open) return;
    this.list.hidden = !open;
    this.button.setAttribute("aria-expanded", String(open));
    if (open) this.list.querySelector("button")?.focus();
  }

  move(event) {
    const items = [...this.list.querySelectorAll("button")];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") {
      this.show(false);
      this.button.focus();
    } else if (step) {
      event.preventDefault();
      items.at((items.indexOf(document.activeElement) + step) % items.length).focus();
    }
  }
}
