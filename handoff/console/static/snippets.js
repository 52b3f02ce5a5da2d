// Picking words that were written before: the owner's snippets and the bot's templates, in the player's language.

import { request } from "./api.js";
import { element, fill } from "./dom.js";

const SHOWN = 40;

export class SnippetPicker {
  /** `insert(text)` puts the chosen words into the box; `leave()` goes back to it without any. */
  constructor(desk, { insert, leave }) {
    this.desk = desk;
    this.insert = insert;
    this.leave = leave;
    this.all = [];
    this.found = [];
    this.at = 0;
    this.search = element("input", {
      type: "search",
      class: "picker-search",
      role: "combobox",
      placeholder: "Search snippets and templates…",
      "aria-label": "Search snippets and templates",
      "aria-expanded": "true",
      "aria-controls": "snippet-list",
      "aria-autocomplete": "list",
      oninput: () => this.filter(),
    });
    this.list = element("ul", { class: "picker-list", id: "snippet-list", role: "listbox", "aria-label": "Snippets and templates" });
    this.trouble = element("p", { class: "picker-trouble", hidden: true });
    this.node = element("div", { class: "picker", hidden: true, onkeydown: (event) => this.pressed(event), onfocusout: (event) => this.left(event) }, this.search, this.trouble, this.list);
  }

  get shown() {
    return !this.node.hidden;
  }

  async open() {
    this.node.hidden = false;
    this.search.value = "";
    this.search.focus();
    fill(this.list, element("li", { class: "nothing" }, "One moment…"));
    const { ticket } = this.desk.open;
    try {
      const { snippets, problems } = await request("GET", `/snippets?language=${encodeURIComponent(ticket.language)}`);
      const fits = (each) => (ticket.topic && each.topics.includes(ticket.topic) ? 0 : each.code ? 2 : 1);
      this.all = snippets.map((each, at) => [fits(each), at, each]).sort((one, other) => one[0] - other[0] || one[1] - other[1]).map(([, , each]) => each);
      this.trouble.hidden = problems.length === 0;
      this.trouble.textContent = problems.length ? `The file saved last has mistakes, so these are the snippets before it. ${problems[0]}` : "";
      this.filter();
    } catch (error) {
      fill(this.list, element("li", { class: "nothing" }, error.message));
    }
  }

  close() {
    this.node.hidden = true;
  }

  filter() {
    const wanted = this.search.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    const text = ({ name, title, text: words, code }) => `${name} ${title} ${words} ${code}`.toLocaleLowerCase();
    this.found = this.all.filter((each) => wanted.every((word) => text(each).includes(word))).slice(0, SHOWN);
    this.at = 0;
    fill(this.list, ...this.found.map((each, at) => this.line(each, at)), this.found.length === 0 && element("li", { class: "nothing" }, "Nothing like that."));
    this.mark();
  }

  line(each, at) {
    const { language } = this.desk.open.ticket;
    return element(
      "li",
      { role: "option", id: `snippet-${at}`, class: "picker-line", onpointerdown: (event) => event.preventDefault(), onclick: () => this.choose(each) },
      element("span", { class: "picker-title" }, each.title, each.code && element("span", { class: "chip-quiet" }, each.code), each.language !== language && element("span", { class: "chip-quiet chip-tier" }, each.language)),
      element("span", { class: "picker-text", dir: "auto" }, this.filled(each.text)),
    );
  }

  mark() {
    for (const [at, line] of [...this.list.querySelectorAll("[role=option]")].entries()) {
      line.setAttribute("aria-selected", String(at === this.at));
      if (at === this.at) line.scrollIntoView({ block: "nearest" });
    }
    this.search.setAttribute("aria-activedescendant", this.found.length ? `snippet-${this.at}` : "");
  }

  choose(each) {
    this.close();
    this.insert(this.filled(each.text));
  }

  pressed(event) {
    if (event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && this.found.length) {
      this.at = (this.at + step + this.found.length) % this.found.length;
      this.mark();
    } else if (event.key === "Enter" && this.found[this.at]) this.choose(this.found[this.at]);
    else if (event.key === "Escape") {
      this.close();
      this.leave();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  left(event) {
    if (!this.node.contains(event.relatedTarget)) this.close();
  }

  filled(text) {
    const { ticket } = this.desk.open;
    const { desk_name: agent, service } = this.desk.me;
    return fillIn(text, { player: ticket.named ? ticket.player : null, agent, service });
  }
}

/** Put in what is known. A player without a name is not called by one; other braces stay for the agent to fill in. */
export function fillIn(text, { player, agent, service }) {
  let known = text;
  if (player === null) known = known.replace(/^\{player\}(様)?[,，、]?\s*/gm, "").replace(/[,，、]?\s*\{player\}(様)?/g, "");
  const values = { player, agent, service };
  return known.replace(/\{\{|\}\}|\{(\w+)\}/g, (found, name) => (name === undefined ? found[0] : (values[name] ?? found)));
}

/** The first variable in these words that is still to be filled in: [start, end], or null. */
export function openVariable(text) {
  const found = /\{(when|day|result|summary|reason|player|agent|service)\}/.exec(text);
  return found && [found.index, found.index + found[0].length];
}
