// Everything that can be done to a ticket: what it is called, its key, when it is possible, and how it is done.

import * as dialogs from "./act_dialogs.js";
import { closeTicket } from "./close_dialog.js";
import { handOver } from "./transfer_dialog.js";

const mine = ({ isMine }) => isMine;
const open = ({ ticket }) => ticket.state !== "resolved";
const onHold = ({ ticket }) => Boolean(ticket.held_since);
const isLead = ({ lead }) => lead;

/**
 * The acts in the order of the menu. `main` are the ones that have a button of their own; `run` is a dialog where
 * something is to be said first; the others are done at once. Groups are parted by lines.
 */
export const ACTS = [
  { name: "claim", label: "Take", key: "t", main: true, primary: true, when: ({ ticket }) => ticket.state === "waiting" },
  { name: "wake", label: "Wake", key: "w", main: true, primary: true, when: ({ ticket, desk, lead }) => ticket.state === "snoozed" && (lead || ticket.agent_id === desk.me.id) },
  { name: "reopen", label: "Reopen", key: "o", main: true, when: ({ ticket }) => ticket.state === "resolved" && !ticket.merged_into },
  { name: "hold", label: "Hold", key: "h", main: true, title: "Ask the player for a moment", when: (at) => mine(at) && !onHold(at) },
  { name: "unhold", label: "Back", key: "h", main: true, primary: true, title: "Be back with the player", when: (at) => mine(at) && onHold(at) },
  { name: "close", label: "Close", key: "c", main: true, style: "closing", when: mine, run: closeTicket },

  { name: "snooze", label: "Snooze…", key: "s", group: 1, when: mine, run: dialogs.snooze },
  { name: "transfer", label: "Transfer…", key: "x", group: 1, when: mine, run: handOver },
  { name: "assign", label: "Assign to…", group: 1, when: (at) => isLead(at) && at.ticket.state === "waiting", run: dialogs.assign },
  { name: "release", label: "Give back…", key: "b", group: 1, when: mine, run: dialogs.giveBack },

  { name: "ask-lead", label: "Ask the lead…", key: "a", group: 2, when: mine, run: dialogs.askLead },
  { name: "answer-lead", label: "Answer as lead…", group: 2, when: (at) => isLead(at) && open(at) && asked(at), run: dialogs.answerLead },
  { name: "escalate", label: "Escalate…", key: "e", group: 2, when: mine, run: dialogs.escalate },

  { name: "classify", label: "Class and topic…", key: "g", group: 3, when: open, run: dialogs.classify },
  { name: "merge", label: "Merge into…", group: 3, when: (at) => mine(at) && at.openElsewhere.length > 0, run: dialogs.merge },
  { name: "confirm", label: "Did I understand? (W14)…", group: 3, when: (at) => mine(at) && at.ticket.class === "complaint", run: dialogs.confirmUnderstood },

  { name: "tier", label: "Change tier…", group: 4, when: isLead, run: dialogs.changeTier },
  { name: "mute", label: "Mute the player…", group: 4, danger: true, when: (at) => isLead(at) && !at.muted, run: dialogs.mute },
  { name: "unmute", label: "Listen to the player again", group: 4, when: (at) => isLead(at) && at.muted },
];

/** What may be looked at to tell what is possible now. */
export function situation(desk, ticket) {
  const card = desk.open?.card;
  return {
    desk,
    ticket,
    card,
    isMine: desk.isMine(ticket),
    lead: desk.me.role !== "agent",
    muted: Boolean(card?.player.muted_until && Date.parse(card.player.muted_until) > Date.now()),
    openElsewhere: (card?.earlier ?? []).filter((each) => each.state !== "resolved"),
  };
}

/** The acts that are possible now. */
export function possible(at) {
  return ACTS.filter((act) => act.when(at));
}

/** Whether the lead was asked and has not answered. */
export function asked({ ticket }) {
  return Boolean(ticket.asked_lead_at);
}
