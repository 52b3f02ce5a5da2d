// What is asked before an act is done. Each takes what acts.js knows of the ticket, and resolves when it is over.

import { announce, notice } from "./notices.js";
import { colleagueChoices } from "./colleagues.js";
import { element } from "./dom.js";
import { GuardedWords } from "./guarded_words.js";
import { formDialog, line, oneOf, select, tick, words } from "./forms.js";
import { channelName } from "./lists.js";
import { MomentPicker } from "./moments.js";

function said(text) {
  notice(text);
  announce(text);
}

export function snooze({ desk, ticket, card }) {
  const picker = new MomentPicker({ label: "Until", zone: card?.player.time_zone, onchange: (at) => at && (word.input.checked = false) });
  const word = tick("Until the player writes again", { checked: true, onchange: () => word.value && picker.set(null) });
  return formDialog({
    title: `Snooze the ticket of ${ticket.player}`,
    text: "It leaves your list, and comes back to you then. If the player writes before that, it comes back at once.",
    fields: [picker, word],
    yes: "Snooze",
    missing: () => (word.value || picker.value ? "" : "Choose a time that is still to come, or the player's next word."),
    send: () => desk.act("snooze", { until: picker.value }),
  });
}

export function giveBack({ desk, ticket }) {
  const reason = words("Why (kept as a note for the next agent)", { maxlength: "500", rows: 2 });
  return formDialog({
    title: `Give ${ticket.player} back to the queue?`,
    text: "They keep their old place, and are told that they wait again.",
    fields: [reason],
    yes: "Give back",
    send: () => desk.act("release", { reason: reason.value }),
  });
}

export function assign({ desk, ticket }) {
  const who = oneOf("Whom", colleagueChoices(desk, ticket, { withMe: true, there: true }));
  return formDialog({
    title: `Assign ${ticket.player}`,
    fields: [who],
    yes: "Assign",
    missing: () => (who.value ? "" : "Choose somebody."),
    send: () => desk.act("assign", { to_agent: Number(who.value) }),
  });
}

export function askLead({ desk }) {
  const text = words("Your question", { maxlength: "2000" });
  return formDialog({
    title: "Ask the lead",
    text: "Only staff see it. Leads are told, and their answer stands in the ticket as a note.",
    fields: [text],
    yes: "Ask",
    missing: () => (text.value ? "" : "Write what you would like to know."),
    send: async () => {
      await desk.act("ask-lead", { text: text.value });
      said("The leads are told.");
    },
  });
}

export function answerLead({ desk, card }) {
  const question = (card?.record ?? []).findLast((event) => event.kind === "asked_lead")?.data.text;
  const text = words("Your answer", { maxlength: "2000" });
  return formDialog({
    title: "Answer as lead",
    text: question ? `The question: ${question}` : "Only staff see it.",
    fields: [text],
    yes: "Answer",
    missing: () => (text.value ? "" : "Write the answer."),
    send: () => desk.act("answer-lead", { text: text.value }),
  });
}

export function escalate({ desk, ticket }) {
  const reason = words("Why", { maxlength: "2000", hint: "Whoever takes it over reads this first." });
  const urgent = tick("It is urgent: skip the lead (this is reported)");
  return formDialog({
    title: `Escalate the ticket of ${ticket.player}`,
    text: "It goes one level up, and leaves your hands.",
    fields: [reason, urgent],
    yes: "Escalate",
    missing: () => (reason.value ? "" : "Say why: the next one needs it."),
    send: () => desk.act("escalate", { reason: reason.value, urgent: urgent.value }),
  });
}

export function merge({ desk, ticket, openElsewhere }) {
  const label = (each) => [element("span", {}, each.question || each.key), " ", element("span", { class: "quiet-text" }, `${channelName(each.channel)} · ${each.key}`)];
  const into = oneOf("Into", openElsewhere.map((each) => ({ value: each.key, label: label(each) })), { value: openElsewhere[0].key });
  return formDialog({
    title: `Merge the ticket of ${ticket.player}`,
    text: "This ticket is closed, and the other goes on with a link to it.",
    fields: [into],
    yes: "Merge",
    send: () => desk.act("merge", { into: into.value }),
  });
}

export async function classify({ desk, ticket }) {
  const { classes, topics } = await desk.choices();
  const known = classes.includes(ticket.class) ? classes : [ticket.class, ...classes];
  const kind = select("Class (decides the clocks)", known.map((each) => [each, className(each)]), { value: ticket.class });
  const topic = select("Topic", [["", "(none)"], ...topics.map((each) => [each.id, each.title])], { value: ticket.topic ?? "" });
  return formDialog({
    title: "Class and topic",
    fields: [kind, topic],
    yes: "Save",
    send: () => desk.act("classify", { ticket_class: kind.value, topic: topic.value || null }),
  });
}

export function confirmUnderstood({ desk, ticket }) {
  const text = new GuardedWords(desk, "What you understood", { maxlength: "2000", hint: "The player is asked whether that is right. Write it as the end of: I would like to be sure that I understood you: …" });
  return formDialog({
    title: `Ask ${ticket.player}: did I understand you?`,
    fields: [text],
    yes: "Ask the player",
    missing: () => (text.value ? "" : "Write what you understood."),
    send: () => desk.act("confirm", text.said()),
    refused: (error) => text.refused(error),
  });
}

export async function changeTier({ desk, ticket, card }) {
  const { tiers } = await desk.choices();
  const now = card?.player.tier ?? ticket.tier;
  const known = tiers.includes(now) ? tiers : [now, ...tiers];
  const tier = select("Tier", known.map((each) => [each, each]), { value: now });
  return formDialog({
    title: `The tier of ${ticket.player}`,
    text: "It decides how soon they are served, from the next ticket on.",
    fields: [tier],
    yes: "Save",
    send: () => desk.act("tier", { tier: tier.value }),
  });
}

export function mute({ desk, ticket }) {
  const minutes = select("For", [["30", "30 minutes"], ["120", "2 hours"], ["1440", "a day"], ["10080", "a week"]], { value: "120" });
  const reason = words("Why (kept with the evidence)", { maxlength: "500", rows: 2 });
  return formDialog({
    title: `Mute ${ticket.player}?`,
    text: "What they write is kept, and not answered, until the time is over.",
    fields: [minutes, reason],
    yes: "Mute",
    missing: () => (reason.value ? "" : "Say why."),
    send: () => desk.act("mute", { minutes: Number(minutes.value), reason: reason.value }),
  });
}

export function dropPromise(desk, promise) {
  const reason = line("Why it need not be kept", { maxlength: "500" });
  return formDialog({
    title: "Drop this promise?",
    fields: [reason],
    yes: "Drop it",
    missing: () => (reason.value ? "" : "Say why: it is kept with the ticket."),
    send: () => desk.act("drop-promise", { promise: promise.number, reason: reason.value }),
  });
}

export function writeMemo(desk, ticket, memo) {
  const text = words("What should every colleague know?", { value: memo, maxlength: "4000", rows: 6, hint: "Only staff see it. Write what helps to help; nothing about the person that you would not say to them." });
  return formDialog({
    title: `Memo on ${ticket.player}`,
    fields: [text],
    yes: "Save",
    send: () => desk.act("memo", { text: text.value }),
  });
}

/** The name of a class as people read it. */
export function className(name) {
  const words = name.replaceAll("_", " ");
  return words[0].toUpperCase() + words.slice(1);
}
