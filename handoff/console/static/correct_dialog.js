// A message sent by mistake (W6): changed or taken away where the network can, with an apology. Both versions are kept.

import { element } from "./dom.js";
import { formDialog } from "./forms.js";
import { GuardedWords } from "./guarded_words.js";

export function correctMessage(desk, message) {
  const text = new GuardedWords(desk, "What it should say", { value: message.text, maxlength: "20000", rows: 5 });
  return formDialog({
    title: "Correct this message",
    text: "It is changed where the network can, else said again. The player is told that it was a mistake.",
    fields: [before(message), text],
    yes: "Correct it",
    wide: true,
    missing: () => (!text.value ? "To take it away altogether, use Delete." : text.value === message.text.trim() ? "It says the same as before." : ""),
    send: () => desk.act("correct", { message: message.number, ...text.said() }),
    refused: (error) => text.refused(error),
  });
}

export function deleteMessage(desk, message) {
  return formDialog({
    title: "Delete this message?",
    text: "It is taken away where the network can, and the player is told that it was a mistake. It stays to be read here.",
    fields: [before(message)],
    yes: "Delete it",
    send: () => desk.act("correct", { message: message.number, text: "" }),
  });
}

function before(message) {
  return element("blockquote", { class: "asked", dir: "auto" }, message.text);
}
