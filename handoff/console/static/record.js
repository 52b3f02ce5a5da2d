// The record of a ticket: what happened to it, in order, in words.

import { element } from "./dom.js";
import { full, moment } from "./times.js";

const WORDS = {
  claimed: "Taken",
  assigned: "Assigned",
  released: "Given back",
  taken_back: "Went back to the queue",
  agent_silent: "Went back: the agent was silent",
  held: "Put on hold",
  hold_ended: "Back from hold",
  hold_reminder: "Reminded of the hold",
  snoozed: "Snoozed",
  woken: "Woken",
  transferred: "Transferred",
  asked_lead: "Lead asked",
  answered_lead: "Lead answered",
  lead_wanted: "A lead is wanted",
  escalated: "Escalated",
  lead_skipped: "Escalated past the lead",
  merged: "Merged into another",
  merged_from: "Another was merged into this",
  classified: "Class or topic changed",
  asked_to_confirm: "Asked: did I understand?",
  confirmed: "The player answered that",
  promise_made: "Promise made",
  promise_kept: "Promise kept",
  promise_dropped: "Promise dropped",
  promise_missed: "Promise missed",
  promise_warning: "Promise due soon",
  sla_warning: "Target near",
  closed: "Closed",
  reopened: "Reopened",
  undone: "Reply taken back before it went out",
  corrected: "Message corrected",
  rated: "Judged by the player",
  muted: "Player muted",
  unmuted: "Player heard again",
  memo: "Memo written",
  tier: "Tier changed",
};

export function record(events, deskName) {
  return element(
    "ol",
    { class: "record" },
    ...[...events].reverse().map((event) =>
      element(
        "li",
        {},
        element("time", { datetime: event.at, title: full(event.at) }, moment(event.at)),
        element("span", {}, WORDS[event.kind] ?? sentence(event.kind), event.agent_id ? ` by ${deskName(event.agent_id)}` : ""),
        detail(event.data) && element("span", { class: "quiet-text", dir: "auto" }, detail(event.data)),
      ),
    ),
  );
}

/** The words in what is kept of an event; numbers and keys are for the program. */
function detail(data) {
  return Object.entries(data)
    .filter(([, value]) => typeof value === "string" && value.trim() && !/^\d{4}-\d\d-\d\dT/.test(value))
    .map(([, value]) => value)
    .join(" · ");
}

function sentence(kind) {
  const words = kind.replaceAll("_", " ");
  return words[0].toUpperCase() + words.slice(1);
}
