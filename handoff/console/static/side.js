// The column beside the conversation: what the next word needs first, then who this player is and what happened.

import { dropPromise, writeMemo } from "./act_dialogs.js";
import { clocks, earlier, form, identities, tried, told } from "./card.js";
import { element, fill } from "./dom.js";
import { icon } from "./icons.js";
import { clockIn } from "./moments.js";
import { notice } from "./notices.js";
import { openPromises, promiseText } from "./promises.js";
import { record } from "./record.js";
import { languageName } from "./ticket.js";
import { full, moment, now } from "./times.js";

const REASONS = {
  asked: "The player asked for a human",
  unanswered: "The FAQ had no good answer",
  entry: "The FAQ entry brings in a human",
  unsupported: "A kind of message the bot cannot read",
  failure: "Something failed inside; please look closely",
};

export class Side {
  /** `leave()` puts the column away where it lies over the conversation. */
  constructor(desk, leave) {
    this.desk = desk;
    this.leave = element("button", { type: "button", class: "quiet side-close", "aria-label": "Back to the conversation", onclick: leave }, icon("close"));
    this.unfolded = new Set();
    this.node = element("aside", { class: "side", "aria-label": "About this ticket" });
    for (const name of ["ticket", "open", "lists", "card"]) desk.on(name, () => this.render());
    this.render();
  }

  render() {
    const { open, lists } = this.desk;
    const stamp = JSON.stringify([open?.key, open?.ticket, open?.card, lists.staff]);
    if (stamp === this.stamp) return;
    this.stamp = stamp;
    const stay = this.key === open?.key ? this.node.scrollTop : 0;
    this.key = open?.key;
    fill(this.node, this.leave, ...(open?.ticket ? this.parts(open.ticket, open.card) : []));
    this.node.scrollTop = stay;
  }

  parts(ticket, card) {
    return [
      ticket.brief && element("section", { class: "brief" }, element("h2", {}, "Brief"), element("p", { dir: "auto" }, ticket.brief)),
      ...this.promises(ticket),
      ...part("Clocks", card && clocks(card.clocks)),
      ...this.asked(ticket),
      ...part("Filled in before", card && form(card.form, ticket.language)),
      ...part("Answers already given", card && tried(card.tried)),
      ...part("What the FAQ had offered", ticket.offered.length ? element("ul", { class: "offered" }, ...ticket.offered.map(offer)) : null),
      ...(card ? this.player(ticket, card) : []),
      ...part("Other tickets", card && earlier(card.earlier)),
      ...part("Told us", card && told(card.told)),
      this.folded("times", "Times", () => element("dl", {}, ...times(ticket))),
      card?.record.length > 0 && this.folded("record", "What happened", () => record(card.record, (id) => this.desk.deskName(id))),
    ].filter(Boolean);
  }

  asked(ticket) {
    return [
      element("h2", {}, "What brought them here"),
      element("blockquote", { class: "asked", dir: "auto" }, ticket.question || "(no words)"),
      element("p", { class: "reason" }, REASONS[ticket.reason] ?? ticket.reason),
    ];
  }

  player(ticket, { player, identities: known }) {
    const muted = player.muted_until && Date.parse(player.muted_until) > now();
    const local = player.time_zone && clockIn(player.time_zone);
    return [
      element("h2", {}, "Player"),
      muted && element("p", { class: "muted" }, icon("warning"), `Muted until ${moment(player.muted_until)}`),
      identities(known),
      element(
        "dl",
        {},
        row("Language", languageName(ticket.language)),
        row("Tier", player.tier),
        local && row("Local time", local, player.time_zone),
        row("Since", moment(player.since), full(player.since)),
        player.opted_out && row("Unasked messages", "wants none"),
      ),
      element(
        "section",
        { class: "memo" },
        element("h3", {}, "Memo"),
        player.memo ? element("p", { class: "memo-text", dir: "auto" }, player.memo) : element("p", { class: "nothing" }, "Nothing to remember yet."),
        element("button", { type: "button", class: "plain small", onclick: () => writeMemo(this.desk, ticket, player.memo) }, player.memo ? "Change memo" : "Write a memo"),
      ),
    ].filter(Boolean);
  }

  promises(ticket) {
    const owed = openPromises(ticket);
    if (!owed.length) return [];
    const mayEnd = ticket.state !== "resolved";
    return [
      element("h2", {}, "Promised"),
      element("ul", { class: "promises" }, ...owed.map((promise) => this.promise(promise, mayEnd))),
    ];
  }

  promise(promise, mayEnd) {
    const late = Date.parse(promise.due_at) < now();
    const end = (label, act) => element("button", { type: "button", class: "plain small", onclick: act }, label);
    return element(
      "li",
      { class: late ? "promise late" : "promise" },
      element("p", { title: full(promise.due_at) }, icon("clock"), `${promiseText(promise)}`),
      mayEnd && element("div", { class: "promise-ends" }, end("Kept", (event) => this.keep(promise, event.target)), end("Drop…", () => dropPromise(this.desk, promise))),
    );
  }

  async keep(promise, button) {
    button.disabled = true;
    try {
      await this.desk.act("keep-promise", { promise: promise.number });
    } catch (error) {
      notice(error.message, "declined");
      button.disabled = false;
    }
  }

  /** A part that is opened when it is wanted, and stays so. */
  folded(name, title, content) {
    const details = element("details", { class: "fold-part", open: this.unfolded.has(name) }, element("summary", {}, element("h2", {}, title)), content());
    details.addEventListener("toggle", () => this.unfolded[details.open ? "add" : "delete"](name));
    return details;
  }
}

/** A heading with its content, or nothing where there is none. */
function part(title, content) {
  return content ? [element("h2", {}, title), content] : [];
}

function row(label, text, title) {
  return element("div", {}, element("dt", {}, label), element("dd", { title }, text));
}

function offer({ title, entry_id: id, confidence }) {
  const percent = `${Math.round(confidence * 100)} %`;
  const meter = element("meter", { min: "0", max: "1", value: confidence, "aria-label": `Confidence ${percent}` });
  return element("li", { title: id }, element("span", { class: "offered-title" }, title), meter, element("span", { class: "percent" }, percent));
}

function times(ticket) {
  const rows = [
    ["Opened", ticket.opened_at],
    ["Taken", ticket.claimed_at],
    ["First reply", ticket.first_reply_at],
    ["Last reply", ticket.last_reply_at],
    ["Call back", ticket.call_back_at],
    ["Closed", ticket.resolved_at],
  ];
  return rows.filter(([, at]) => at).map(([label, at]) => row(label, element("time", { datetime: at }, moment(at)), full(at)));
}
