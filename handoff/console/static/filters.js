// Which tickets the lists show: of one language, of one team, or those that are for me. Kept while this tab is open.

import { element, fill } from "./dom.js";
import { icon } from "./icons.js";

export class Filters {
  /** `changed()` is called as another choice is made. */
  constructor(desk, changed) {
    this.desk = desk;
    this.changed = changed;
    this.chosen = { language: "", team: "", mine: false, ...read() };
    this.language = this.select("Language", "language");
    this.team = this.select("Team", "team");
    this.mine = element("input", { type: "checkbox", id: "filter-mine", onchange: () => this.choose({ mine: this.mine.checked }) });
    this.mine.checked = this.chosen.mine;
    this.toggle = element("button", { type: "button", class: "quiet filter-toggle", "aria-controls": "filters", onclick: () => this.fold(!this.row.hidden) }, icon("filter"), element("span", {}));
    this.row = element("div", { class: "filter-row", id: "filters" }, this.language, this.team, element("span", { class: "filter-mine" }, this.mine, element("label", { for: "filter-mine" }, "for me")));
    this.node = element("div", { class: "filters", role: "group", "aria-label": "Which tickets are shown" }, this.toggle, this.row);
    this.fold(!this.active);
    this.render();
  }

  select(label, name) {
    return element("select", { "aria-label": label, onchange: (event) => this.choose({ [name]: event.target.value }) });
  }

  get active() {
    return Boolean(this.chosen.language || this.chosen.team || this.chosen.mine);
  }

  fold(away) {
    this.row.hidden = away;
    this.toggle.setAttribute("aria-expanded", String(!away));
  }

  choose(change) {
    Object.assign(this.chosen, change);
    sessionStorage.setItem("filters", JSON.stringify(this.chosen));
    this.render();
    this.changed();
  }

  /** Offer what there is: languages and teams of the tickets and the staff now. */
  render() {
    const { lists } = this.desk;
    const all = [...lists.waiting, ...lists.assigned, ...lists.snoozed, ...lists.resolved];
    const teams = [...all.map((each) => each.team), ...lists.colleagues.map((each) => each.team)];
    this.offer(this.language, "every language", all.map((each) => each.language), this.chosen.language);
    this.offer(this.team, "every team", teams, this.chosen.team);
    this.team.hidden = this.team.options.length < 2;
    const count = [this.chosen.language, this.chosen.team, this.chosen.mine].filter(Boolean).length;
    this.toggle.lastChild.textContent = count ? `Filter (${count})` : "Filter";
    this.toggle.classList.toggle("on", count > 0);
  }

  offer(select, everything, values, chosen) {
    const wanted = ["", ...new Set([...values, chosen].filter(Boolean))].sort();
    if ([...select.options].map((each) => each.value).join() === wanted.join() && select.value === chosen) return;
    fill(select, ...wanted.map((each) => element("option", { value: each, selected: each === chosen }, each || everything)));
  }

  /** Those of these tickets that are to be shown. */
  of(tickets) {
    const { language, team, mine } = this.chosen;
    const me = this.desk.me.id;
    return tickets.filter(
      (ticket) =>
        (!language || ticket.language === language) && (!team || ticket.team === team) && (!mine || ticket.agent_id === me || ticket.wanted_agent_id === me),
    );
  }
}

function read() {
  try {
    return JSON.parse(sessionStorage.getItem("filters")) ?? {};
  } catch {
    return {};
  }
}
