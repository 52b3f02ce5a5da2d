// The record of a ticket: what happened to it, in order, in words.

import { element } from "./dom.js";
import { full, moment } from "./times.js";

const WORDS = {
  opened: "Opened",
  claimed: "Taken",
  assigned: "Assigned",
  released: "Given back",
  returned: "Went back to the queue",
  replied: "Replied",
  noted: "Note written",
  held: "Put on hold",
  unheld: "Back from hold",
  snoozed: "Snoozed",
  woken: "Woken",
  transferred: "Transferred",
  lead_asked: "Lead asked",
  lead_answered: "Lead answered",
  escalated: "Escalated",
  merged: "Merged",
  classified: "Class or topic changed",
  confirmation_asked: "Asked: did I understand?",
  promised: "Promise made",
  promise_kept: "Promise kept",
  promise_dropped: "Promise dropped",
  promise_missed: "Promise missed",
  resolved: "Closed",
  closed: "Closed",
  reopened: "Reopened",
  corrected: "Message corrected",
  deleted: "Message deleted",
  overridden: "Guard overridden",
  muted: "Muted",
  unmuted: "Listened to again",
  tier: "Tier changed",
  memo: "Memo written",
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
