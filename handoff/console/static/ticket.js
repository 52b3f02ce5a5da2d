// The head of the open ticket: whose it is, how it stands, who else is there, and what can be done.

import { className } from "./act_dialogs.js";
import { ACTS, possible, situation } from "./acts.js";
import { Refused } from "./api.js";
import { element, fill } from "./dom.js";
import { icon } from "./icons.js";
import { channelName } from "./lists.js";
import { menu } from "./menu.js";
import { announce, notice } from "./notices.js";
import { count, moment, tick } from "./times.js";

const TYPING_SHOWN = 6000;
const languages = new Intl.DisplayNames(["en"], { type: "language", fallback: "code" });

export function languageName(tag) {
  try {
    return languages.of(tag);
  } catch {
    return tag;
  }
}

export class TicketView {
  /** `hasDraft()` tells whether a reply was begun; `leave()` goes back to the lists on a small screen. */
  constructor(desk, { hasDraft, leave }) {
    this.desk = desk;
    this.hasDraft = hasDraft;
    this.busy = false;
    this.name = element("h1", { class: "player", tabindex: "-1" });
    this.facts = element("p", { class: "ticket-facts" });
    this.company = element("ul", { class: "company", "aria-label": "Colleagues at this ticket", "aria-live": "polite" });
    this.main = element("div", { class: "main-acts" });
    this.more = menu({ label: ["More", icon("fold")], items: () => this.others(), button: { class: "plain more", title: "More to do (m)" } });
    this.actions = element("div", { class: "actions" }, this.main, this.more.node);
    this.banner = element("p", { class: "banner", role: "alert", hidden: true });
    const back = element("button", { type: "button", class: "quiet back", "aria-label": "Back to the lists", onclick: leave });
    back.append(icon("back"));
    this.about = element("button", { type: "button", class: "quiet about", title: "About this ticket (i)", "aria-label": "About this ticket", "aria-expanded": "false", onclick: () => this.showFacts() }, icon("info"));
    this.head = element(
      "header",
      { class: "ticket-head" },
      back,
      element("div", { class: "ticket-title" }, this.name, this.facts, this.company),
      this.actions,
      this.about,
    );
    for (const name of ["ticket", "open", "lists", "card"]) desk.on(name, () => this.render());
    for (const name of ["company", "open"]) desk.on(name, () => this.showCompany());
    this.render();
  }

  render() {
    const { open } = this.desk;
    const ticket = open?.ticket;
    const acts = ticket ? possible(this.at()) : [];
    const stamp = JSON.stringify([open?.key, ticket, open?.gone, this.busy, this.desk.lists.staff, acts.map((act) => act.name)]);
    if (stamp === this.stamp) return;
    this.stamp = stamp;
    if (ticket && this.announced !== open.key) {
      this.announced = open.key;
      announce(`Ticket of ${ticket.player}, ${ticket.state}`);
    }
    this.name.textContent = ticket?.player ?? (open?.gone ? "No such ticket" : "…");
    fill(this.facts, ticket ? this.summary(ticket) : null);
    // A button that had the focus keeps it, if it is still there.
    const focused = this.main.contains(document.activeElement) && document.activeElement.dataset.act;
    fill(this.main, ...acts.filter((act) => act.main).map((act) => this.button(act)));
    if (focused) this.main.querySelector(`[data-act="${focused}"]`)?.focus();
    this.more.node.hidden = !acts.some((act) => !act.main);
    this.banner.hidden = !ticket?.lost;
    fill(this.banner, icon("warning"), ` ${ticket?.player ?? "The player"} cannot be reached: ${ticket?.lost ?? ""}. ` +
      "Nothing can be delivered until they write again.");
  }

  at() {
    return { ...situation(this.desk, this.desk.open.ticket), hasDraft: this.hasDraft() };
  }

  /** On a narrow screen the facts are shown when asked for. */
  showFacts() {
    this.about.setAttribute("aria-expanded", String(document.body.classList.toggle("facts-open")));
  }

  summary(ticket) {
    const routine = ticket.class === "routine";
    return [
      this.state(ticket),
      ticket.held_since && ticket.state === "assigned" && element("span", { class: "chip-quiet chip-hold" }, icon("pause"), "on hold"),
      ticket.asked_lead_at && element("span", { class: "chip-quiet chip-hold" }, "asks a lead"),
      ticket.due_at && ticket.state !== "resolved" && due(ticket.due_at),
      !routine && element("span", { class: "chip-quiet" }, className(ticket.class)),
      ticket.tier !== "standard" && element("span", { class: "chip-quiet chip-tier" }, ticket.tier),
      ticket.level !== "agent" && ticket.state === "waiting" && element("span", { class: "chip-quiet" }, `for a ${ticket.level}`),
      element("span", { class: `channel channel-${ticket.channel}` }, channelName(ticket.channel)),
      element("span", {}, languageName(ticket.language)),
      element("span", { class: "ticket-key" }, ticket.key),
    ];
  }

  state(ticket) {
    const state = element("span", { class: `state state-${ticket.state}` });
    if (ticket.state === "waiting") {
      const time = element("span", { dataset: { since: ticket.waiting_since } });
      tick(time);
      state.append("Waiting ", time);
    } else if (ticket.state === "snoozed") {
      state.append(ticket.snoozed_until ? `Snoozed until ${moment(ticket.snoozed_until)}` : "Snoozed until they write");
    } else if (ticket.state === "resolved") {
      state.append(ticket.merged_into ? `Merged into ${ticket.merged_into}` : `Closed ${moment(ticket.resolved_at)}`);
    } else {
      state.append(`With ${this.desk.deskName(ticket.agent_id)}`);
    }
    return state;
  }

  button(act) {
    const style = act.primary ? "primary" : `plain ${act.style ?? ""}`;
    const title = `${act.title ? `${act.title}. ` : ""}Shortcut: ${act.key}`;
    return element("button", { type: "button", class: style, disabled: this.busy, title, dataset: { act: act.name }, onclick: () => this.do(act) }, act.label);
  }

  /** What is in the menu, a line between its groups. */
  others() {
    const acts = possible(this.at()).filter((act) => !act.main);
    return acts.flatMap((act, at) => [
      ...(at > 0 && acts[at - 1].group !== act.group ? [null] : []),
      { label: act.label, hint: act.key, danger: act.danger, run: () => this.do(act) },
    ]);
  }

  /** Do what this key is for, where that is possible now. */
  key(key) {
    if (!this.desk.open?.ticket) return;
    const act = possible(this.at()).find((each) => each.key === key);
    if (act) this.do(act);
    else if (key === "m") this.more.open();
  }

  has(key) {
    return key === "m" || ACTS.some((act) => act.key === key);
  }

  async do(act) {
    if (!this.desk.open?.ticket || this.busy) return;
    this.busy = true;
    this.render();
    try {
      await (act.run ? act.run(this.at()) : this.desk.act(act.name));
    } catch (error) {
      notice(error.message, error instanceof Refused && error.status === 409 ? "declined" : "bad");
    } finally {
      this.busy = false;
      this.render();
    }
  }

  /** Who else looks at the ticket, and who of them writes: said for a while, unless it is told again. */
  showCompany() {
    const others = this.desk.open?.company ?? [];
    clearTimeout(this.untilStill);
    if (others.some((each) => each.typing)) {
      this.untilStill = setTimeout(() => {
        for (const each of this.desk.open?.company ?? []) each.typing = false;
        this.showCompany();
      }, TYPING_SHOWN);
    }
    fill(
      this.company,
      ...others.map(({ name, typing }) => element("li", { class: typing ? "typing-too" : null }, typing ? `${name} is writing…` : `${name} is here`)),
    );
    this.company.hidden = others.length === 0;
  }
}

function due(at) {
  const node = element("span", { class: "due", dataset: { due: at } });
  count(node);
  return node;
}
