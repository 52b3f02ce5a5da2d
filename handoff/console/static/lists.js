// The column of tickets: who waits, what is in whose hands, what was closed.

import { element, fill, keyed } from "./dom.js";
import { Filters } from "./filters.js";
import { clock, count, moment, since, tick } from "./times.js";

const CHANNELS = { telegram: "Telegram", discord: "Discord", web: "Web", terminal: "Terminal", memory: "Memory" };

export function channelName(channel) {
  return CHANNELS[channel] ?? channel;
}

const SECTIONS = [
  { id: "waiting", title: "Waiting", empty: "Nobody is waiting. Well done." },
  { id: "mine", title: "Mine", empty: "Take a waiting ticket, and it stands here." },
  { id: "snoozed", title: "Snoozed", empty: "Nothing is put aside." },
  { id: "others", title: "With others", empty: "No colleague has a ticket right now." },
  { id: "resolved", title: "Recently closed", empty: "Nothing was closed yet.", folded: true },
];

export class Lists {
  constructor(desk, choose) {
    this.desk = desk;
    this.choose = choose;
    this.sections = SECTIONS.map((section) => this.section(section));
    this.filters = new Filters(desk, () => this.render());
    this.node = element("nav", { class: "lists", "aria-label": "Tickets" }, this.filters.node, ...this.sections.map((each) => each.node));
    desk.on("lists", () => this.render());
    desk.on("open", () => this.render());
    this.render();
  }

  /** The keys of all tickets that are to be seen, from top to bottom. */
  visible() {
    return [...this.node.querySelectorAll("section:not(.folded) .card")].map((card) => card.dataset.ticket);
  }

  section({ id, title, empty, folded = false }) {
    const total = element("span", { class: "count" });
    const list = element("ul", { class: "cards", id: `list-${id}` });
    const nothing = element("p", { class: "nothing" }, empty);
    const toggle = element("button", { type: "button", class: "fold", "aria-controls": list.id }, title, total);
    const more = element("p", { class: "nothing more" });
    const node = element("section", { class: `section section-${id}` }, element("h2", {}, toggle), list, nothing, more);
    const fold = (away) => {
      node.classList.toggle("folded", away);
      toggle.setAttribute("aria-expanded", String(!away));
    };
    toggle.addEventListener("click", () => fold(!node.classList.contains("folded")));
    fold(folded);
    return { id, node, total, list, nothing, more };
  }

  tickets(id) {
    const { lists, me } = this.desk;
    return this.filters.of(id === "others" ? lists.assigned.filter((ticket) => ticket.agent_id !== me.id) : lists[id]);
  }

  render() {
    const open = this.desk.open?.key;
    this.filters.render();
    for (const { id, node, total: shown, list, nothing, more } of this.sections) {
      const tickets = this.tickets(id);
      const total = id === "waiting" && !this.filters.active ? this.desk.lists.waiting_count : tickets.length;
      shown.textContent = total || "";
      node.hidden = id === "snoozed" && total === 0;
      node.classList.toggle("some", total > 0);
      more.textContent = total > tickets.length ? `and ${total - tickets.length} more, who come after them` : "";
      nothing.hidden = tickets.length > 0 || !this.desk.loaded;
      const stamp = (ticket) => JSON.stringify([ticket, ticket.key === open, this.desk.lists.staff[ticket.agent_id]]);
      keyed(list, tickets, (ticket) => ticket.key, stamp, (ticket) => this.line(id, ticket, ticket.key === open));
    }
  }

  line(id, ticket, current) {
    const card = element(
      "button",
      {
        type: "button",
        class: "card",
        "aria-current": current ? "true" : null,
        dataset: { ticket: ticket.key },
        onclick: () => this.choose(ticket.key),
      },
      element("span", { class: "who" }, ticket.player, ticket.lost && element("span", { class: "lost" }, "unreachable")),
      this.time(id, ticket),
      element("span", { class: "question" }, ticket.question || "…"),
      element(
        "span",
        { class: "facts" },
        element("span", { class: `channel channel-${ticket.channel}` }, channelName(ticket.channel)),
        element("span", { class: "language" }, ticket.language),
        ticket.class !== "routine" && element("span", { class: "chip-quiet" }, ticket.class.replaceAll("_", " ")),
        ticket.tier !== "standard" && element("span", { class: "chip-quiet chip-tier" }, ticket.tier),
        ticket.team && element("span", { class: "team" }, ticket.team),
        ticket.wanted_agent_id !== null && id === "waiting" && element("span", { class: "holder" }, `for ${this.desk.deskName(ticket.wanted_agent_id)}`),
        ticket.asked_lead_at && element("span", { class: "chip-quiet chip-hold" }, "asks a lead"),
        ticket.held_since && ticket.state === "assigned" && element("span", { class: "chip-quiet chip-hold" }, "on hold"),
        ...this.dues(id, ticket),
        ticket.reopened > 0 && element("span", { class: "reopened" }, "reopened"),
        id !== "waiting" && id !== "mine" && element("span", { class: "holder" }, this.holder(ticket)),
      ),
    );
    return element("li", {}, card);
  }

  /** What is due, and when: the next target of its class, and the next promise. */
  dues(id, ticket) {
    if (id === "resolved") return [];
    return [ticket.due_at && counting(ticket.due_at, "due"), ticket.promise_due_at && counting(ticket.promise_due_at, "promised")];
  }

  holder(ticket) {
    if (ticket.agent_id === null) return "";
    return ticket.state === "resolved" ? `closed by ${this.desk.deskName(ticket.agent_id)}` : this.desk.deskName(ticket.agent_id);
  }

  time(id, ticket) {
    if (id === "waiting") return ticking(ticket.waiting_since, "waiting for");
    if (id === "snoozed") return element("span", { class: "when" }, ticket.snoozed_until ? `until ${moment(ticket.snoozed_until)}` : "until they write");
    if (id === "resolved") return element("span", { class: "when" }, moment(ticket.resolved_at));
    if (hasNewWord(ticket)) return ticking(ticket.last_incoming_at, "unanswered for");
    return element("span", { class: "when" }, ticket.last_reply_at ? `answered ${clock(ticket.last_reply_at)}` : "");
  }
}

/** Whether the player said something since they last heard from us. */
export function hasNewWord(ticket) {
  if (!ticket.last_incoming_at) return false;
  return !ticket.last_reply_at || since(ticket.last_incoming_at) < since(ticket.last_reply_at);
}

function ticking(iso, meaning) {
  const time = element("span", { class: "wait", title: `${meaning} this long`, dataset: { since: iso } });
  tick(time);
  return time;
}

function counting(iso, what) {
  const node = element("span", { class: "due", dataset: { due: iso, what } });
  count(node);
  return node;
}

/** What the middle shows while no ticket is open. */
export function welcome(desk) {
  const count = element("p", { class: "welcome-count" });
  const hint = element("p", { class: "welcome-hint" });
  const render = () => {
    const waiting = desk.lists.waiting_count;
    count.textContent = waiting === 0 ? "Nobody is waiting" : waiting === 1 ? "One player is waiting" : `${waiting} players are waiting`;
    fill(
      hint,
      waiting ? "Choose a ticket on the left, or press " : "New tickets appear on the left. Press ",
      element("kbd", {}, waiting ? "j" : "?"),
      waiting ? " to open the one who comes next." : " for the keyboard shortcuts.",
    );
  };
  desk.on("lists", render);
  render();
  return element("div", { class: "welcome" }, count, hint);
}
