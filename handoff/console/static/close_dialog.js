// Closing a ticket: what it was about, a complaint's last question, and what still stands in the way.

import { confirmUnderstood, dropPromise } from "./act_dialogs.js";
import { element } from "./dom.js";
import { formDialog, select, words } from "./forms.js";
import { openPromises, promiseText } from "./promises.js";

export async function closeTicket(at) {
  const { desk, ticket, hasDraft } = at;
  const { categories } = await desk.choices();
  const wanted = [ticket.category, ticket.topic].find((each) => categories.some(({ id }) => id === each)) ?? "";
  const category = select("What was it about?", [["", "Choose…"], ...categories.map((each) => [each.id, each.title])], { value: wanted });
  const reason = words("Why close it all the same?", { maxlength: "500", rows: 2, hint: "Kept with the ticket." });
  const complaint = ticket.class === "complaint" && ticket.confirmation?.answer !== "yes";
  reason.node.hidden = !complaint;
  const draft = hasDraft ? "You have begun a reply that is not sent. " : "";
  return formDialog({
    title: `Close the ticket of ${ticket.player}?`,
    text: `${draft}The player gets the closing words, and the bot answers again.`,
    fields: [promises(at), complaint && understood(at), category, reason].filter(Boolean),
    yes: "Close ticket",
    send: () => desk.act("close", { category: category.value, unconfirmed: reason.value }),
    refused: (error, leave) => help(at, error, leave, reason),
  });
}

/** What was promised and is still owed stands above everything else. */
function promises({ ticket }) {
  const owed = openPromises(ticket);
  if (!owed.length) return null;
  return element("p", { class: "dialog-warning" }, `Still promised: ${owed.map(promiseText).join("; ")}.`);
}

/** W14: how the player answered when they were asked whether their complaint was understood. */
function understood({ ticket: { confirmation } }) {
  const said = confirmation?.words ? ` They wrote: “${confirmation.words}”` : "";
  if (confirmation?.answer === "no") return element("p", { class: "dialog-warning" }, `The player says that you did not understand it yet.${said}`);
  if (said) return element("p", { class: "dialog-lead" }, said);
  return element("p", { class: "dialog-lead" }, "This is a complaint: ask the player first whether you understood it, or say below why that is not possible.");
}

/** What to do about a refusal. */
function help(at, error, leave, reason) {
  const { desk, ticket } = at;
  if (["still_asking", "unconfirmed"].includes(error.code)) {
    reason.node.hidden = false;
    const asked = error.details.text && element("blockquote", { class: "asked", dir: "auto" }, error.details.text);
    const ask = error.code === "unconfirmed" && element("button", { type: "button", class: "plain small", onclick: () => (leave(), confirmUnderstood(at)) }, "Ask the player…");
    return [asked, ask].filter(Boolean);
  }
  if (!error.code.includes("promise")) return [];
  const owed = openPromises(desk.open?.ticket ?? ticket);
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
