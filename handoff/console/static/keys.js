// Keyboard shortcuts. They rest while somebody writes, except Ctrl+Enter and Escape.

import { page } from "./dialogs.js";
import { element } from "./dom.js";

const SHORTCUTS = [
  ["j", "Next ticket"],
  ["k", "Previous ticket"],
  ["t", "Take the ticket"],
  ["r", "Reply to the player"],
  ["n", "Internal note"],
  ["Ctrl+Enter", "Send the reply, or save the note"],
  ["c", "Close the ticket"],
  ["Esc", "Leave the writing box"],
  ["?", "This page"],
];

export function showShortcuts() {
  page(
    "Keyboard shortcuts",
    element("dl", { class: "shortcuts" }, ...SHORTCUTS.map(([key, text]) => element("div", {}, element("dt", {}, element("kbd", {}, key)), element("dd", {}, text)))),
  );
}

/** Listen for shortcuts; answers with how to stop. */
export function listen({ desk, lists, ticket, composer, choose }) {
  const move = (step) => {
    const keys = lists.visible();
    if (!keys.length) return;
    const at = keys.indexOf(desk.open?.key);
    choose(keys[at < 0 ? 0 : Math.min(keys.length - 1, Math.max(0, at + step))]);
  };
  const act = (name, states) => {
    const shown = desk.open?.ticket;
    if (shown && states.includes(shown.state) && (shown.state === "waiting" || desk.isMine(shown))) ticket.do(name);
  };
  const shortcuts = {
    j: () => move(1),
    k: () => move(-1),
    t: () => act("claim", ["waiting"]),
    r: () => desk.open?.ticket && composer.write("reply"),
    n: () => desk.open?.ticket && composer.write("note"),
    c: () => act("close", ["assigned"]),
    "?": showShortcuts,
  };
  const pressed = (event) => {
    // While an input method composes a word, its keys are its own.
    if (event.isComposing || document.querySelector("dialog[open]")) return;
    const writing = event.target.matches?.("input, textarea, select");
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches?.("textarea")) {
      event.preventDefault();
      composer.submit();
    } else if (event.key === "Escape" && writing) {
      event.target.blur();
    } else if (!writing && !event.ctrlKey && !event.metaKey && !event.altKey && Object.hasOwn(shortcuts, event.key)) {
      event.preventDefault();
      shortcuts[event.key]();
    }
  };
  document.addEventListener("keydown", pressed);
  return () => document.removeEventListener("keydown", pressed);
}
