// Closing a ticket: what it was about, a complaint's last question, and what still stands in the way.

import { dropPromise } from "./act_dialogs.js";
import { element } from "./dom.js";
import { formDialog, select, words } from "./forms.js";
import { openPromises, promiseText } from "./promises.js";

export async function closeTicket(at) {
  const { desk, ticket, hasDraft } = at;
  const { categories } = await desk.choices();
  const wanted = ticket.category || ticket.topic || "";
  const known = categories.some((each) => each.id === wanted) ? wanted : "";
  const category = select("What was it about?", [["", "Choose…"], ...categories.map((each) => [each.id, each.title])], { value: known });
  const complaint = ticket.class === "complaint" && ticket.confirmation?.answer !== "yes";
  const unconfirmed = words("Why without the player's word? (W14)", {
    maxlength: "500",
    rows: 2,
    hint: "A complaint is closed once the player has said that you understood them. Ask them with “Did I understand?”, or say why that is not possible.",
  });
  const draft = hasDraft ? "You have begun a reply that is not sent. " : "";
  return formDialog({
    title: `Close the ticket of ${ticket.player}?`,
    text: `${draft}The player gets the closing words, and the bot answers again.`,
    fields: [promises(at), category, complaint && unconfirmed].filter(Boolean),
    yes: "Close ticket",
    missing: () => (categories.length && !category.value ? "Choose what it was about." : ""),
    send: () => desk.act("close", { category: category.value, unconfirmed: complaint ? unconfirmed.value : "" }),
    refused: (error, leave) => help(at, error, leave),
  });
}

/** What was promised and is still owed stands above everything else. */
function promises({ ticket }) {
  const owed = openPromises(ticket);
  if (!owed.length) return null;
  return element("p", { class: "dialog-warning" }, `Still promised: ${owed.map(promiseText).join("; ")}.`);
}

/** What to do about a refusal. */
function help({ desk, ticket }, error, leave) {
  if (!error.code.includes("promise")) return [];
  const owed = openPromises(ticket);
  return [
    element(
      "div",
      { class: "dialog-help" },
      ...owed.flatMap((promise) => [
        element("button", { type: "button", class: "plain small", onclick: (event) => kept(desk, promise, event.target) }, `Kept: ${promiseText(promise)}`),
        element("button", { type: "button", class: "plain small", onclick: () => (leave(), dropPromise(desk, promise)) }, "Drop it…"),
      ]),
    ),
  ];
}

async function kept(desk, promise, button) {
  button.disabled = true;
  await desk.act("keep-promise", { promise: promise.number }).catch(() => (button.disabled = false));
}
