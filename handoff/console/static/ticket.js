// The open ticket: its head with what can be done, and its facts at the side.

import { Refused } from "./api.js";
import { ask } from "./dialogs.js";
import { element, fill } from "./dom.js";
import { icon } from "./icons.js";
import { channelName } from "./lists.js";
import { announce, notice } from "./notices.js";
import { moment, full, tick } from "./times.js";

const REASONS = {
  asked: "The player asked for a human",
  unanswered: "The FAQ had no good answer",
  entry: "The FAQ entry brings in a human",
  unsupported: "A kind of message the bot cannot read",
  failure: "Something failed inside; please look closely",
};

const languages = new Intl.DisplayNames(["en"], { type: "language", fallback: "code" });

function languageName(tag) {
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
    this.actions = element("div", { class: "actions" });
    this.banner = element("p", { class: "banner", role: "alert", hidden: true });
    const back = element("button", { type: "button", class: "quiet back", "aria-label": "Back to the lists", onclick: leave });
    back.append(icon("back"));
    this.about = element("button", { type: "button", class: "quiet about", title: "About this ticket", "aria-label": "About this ticket", "aria-expanded": "false", onclick: () => this.showFacts() }, icon("info"));
    this.head = element(
      "header",
      { class: "ticket-head" },
      back,
      element("div", { class: "ticket-title" }, this.name, this.facts),
      this.actions,
      this.about,
    );
    this.side = element("aside", { class: "side", "aria-label": "About this ticket" });
    for (const name of ["ticket", "open", "lists"]) desk.on(name, () => this.render());
    this.render();
  }

  render() {
    const { open } = this.desk;
    const ticket = open?.ticket;
    const stamp = JSON.stringify([open?.key, ticket, open?.gone, this.busy, this.desk.lists.staff]);
    if (stamp === this.stamp) return;
    this.stamp = stamp;
    if (ticket && this.announced !== open.key) {
      this.announced = open.key;
      announce(`Ticket of ${ticket.player}, ${ticket.state}`);
    }
    this.name.textContent = ticket?.player ?? (open?.gone ? "No such ticket" : "…");
    fill(this.facts, ticket ? this.summary(ticket) : null);
    fill(this.actions, ticket ? this.buttons(ticket) : null);
    fill(this.side, ticket ? this.details(ticket) : null);
    this.banner.hidden = !ticket?.lost;
    fill(this.banner, icon("warning"), ` ${ticket?.player ?? "The player"} cannot be reached: ${ticket?.lost ?? ""}. ` +
      "Nothing can be delivered until they write again.");
  }

  /** On a narrow screen the facts are shown when asked for. */
  showFacts() {
    this.about.setAttribute("aria-expanded", String(document.body.classList.toggle("facts-open")));
  }

  summary(ticket) {
    const state = element("span", { class: `state state-${ticket.state}` });
    if (ticket.state === "waiting") {
      const time = element("span", { dataset: { since: ticket.waiting_since } });
      tick(time);
      state.append("Waiting ", time);
    } else {
      state.append(
        ticket.state === "resolved" ? `Closed ${moment(ticket.resolved_at)}` : `With ${this.desk.deskName(ticket.agent_id)}`,
      );
    }
    return [
      state,
      element("span", { class: `channel channel-${ticket.channel}` }, channelName(ticket.channel)),
      element("span", {}, languageName(ticket.language)),
      element("span", { class: "ticket-key" }, ticket.key),
    ];
  }

  buttons(ticket) {
    const button = (name, label, key, style) =>
      element(
        "button",
        { type: "button", class: style, disabled: this.busy, title: key && `Shortcut: ${key}`, onclick: () => this.do(name) },
        label,
      );
    if (ticket.state === "waiting") return [button("claim", "Take", "t", "primary")];
    if (ticket.state === "resolved") return [button("reopen", "Reopen", null, "plain")];
    if (!this.desk.isMine(ticket)) return [];
    return [button("release", "Give back", null, "plain"), button("close", "Close", "c", "plain closing")];
  }

  /** Do one of the acts that are a single press. */
  async do(name) {
    const { ticket } = this.desk.open ?? {};
    if (!ticket || this.busy || !(await this.sure(name, ticket))) return;
    this.busy = true;
    this.render();
    try {
      await this.desk.act(name);
    } catch (error) {
      notice(error.message, error instanceof Refused && error.status === 409 ? "declined" : "bad");
    } finally {
      this.busy = false;
      this.render();
    }
  }

  sure(name, ticket) {
    if (name === "release") {
      return ask(`Give ${ticket.player} back to the queue?`, "They keep their old place, and are told that they wait again.", "Give back");
    }
    if (name === "close") {
      const draft = this.hasDraft() ? "You have begun a reply that is not sent. " : "";
      return ask(`Close the ticket of ${ticket.player}?`, `${draft}The player gets the closing words, and the bot answers again.`, "Close ticket");
    }
    return true;
  }

  details(ticket) {
    return [
      element("h2", {}, "What brought them here"),
      element("blockquote", { class: "asked" }, ticket.question || "(no words)"),
      element("p", { class: "reason" }, REASONS[ticket.reason] ?? ticket.reason),
      element("h2", {}, "What the FAQ had offered"),
      ticket.offered.length
        ? element("ul", { class: "offered" }, ...ticket.offered.map(offer))
        : element("p", { class: "nothing" }, "Nothing."),
      element("h2", {}, "Times"),
      element("dl", {}, ...times(ticket)),
      ticket.siblings.length > 0 && element("h2", {}, "Other tickets of this player"),
      element("ul", { class: "siblings" }, ...ticket.siblings.map(sibling)),
    ];
  }
}

function offer({ title, entry_id: id, confidence }) {
  const percent = `${Math.round(confidence * 100)} %`;
  const meter = element("meter", { min: "0", max: "1", value: confidence, "aria-label": `Confidence ${percent}` });
  return element("li", { title: id }, element("span", { class: "offered-title" }, title), meter, element("span", { class: "percent" }, percent));
}

function sibling(ticket) {
  const text = ticket.resolved_at ? `closed ${moment(ticket.resolved_at)}` : "open";
  return element("li", {}, element("a", { href: `#ticket=${ticket.key}` }, ticket.question || ticket.key), ` ${text}`);
}

function times(ticket) {
  const rows = [
    ["Opened", ticket.opened_at],
    ["Taken", ticket.claimed_at],
    ["First reply", ticket.first_reply_at],
    ["Last reply", ticket.last_reply_at],
    ["Closed", ticket.resolved_at],
  ];
  return rows
    .filter(([, at]) => at)
    .map(([label, at]) => element("div", {}, element("dt", {}, label), element("dd", {}, element("time", { datetime: at, title: full(at) }, moment(at)))));
}
