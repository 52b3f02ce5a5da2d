// Keyboard shortcuts. They rest while somebody writes, except Ctrl+Enter and Escape.

import { ACTS } from "./acts.js";
import { page } from "./dialogs.js";
import { element } from "./dom.js";

const MOVING = [
  ["j", "Next ticket"],
  ["k", "Previous ticket"],
  ["i", "About this player (narrow screens)"],
  ["m", "The menu: more to do"],
  ["?", "This page"],
];
const WRITING = [
  ["r", "Reply to the player"],
  ["n", "Internal note"],
  ["/", "Snippets and templates"],
  ["p", "Promise to write again by a time"],
  ["u", "Take a reply back while it is being sent"],
  ["Ctrl+Enter", "Send the reply, or save the note"],
  ["Esc", "Leave the writing box"],
];

export function showShortcuts() {
  const keys = [...new Set(ACTS.map((act) => act.key).filter(Boolean))];
  const doing = keys.map((key) => [key, ACTS.filter((act) => act.key === key).map((act) => act.label.replace("…", "")).join(" / ")]);
  const dialog = page("Keyboard shortcuts", element("div", { class: "columns" }, sheet("Moving", MOVING), sheet("Writing", WRITING), sheet("Doing", doing)));
  dialog.classList.add("dialog-wide");
}

function sheet(title, lines) {
  const keys = lines.map(([key, text]) => element("div", {}, element("dt", {}, element("kbd", {}, key)), element("dd", {}, text)));
  return element("section", {}, element("h3", {}, title), element("dl", { class: "shortcuts" }, ...keys));
}

/** Listen for shortcuts; answers with how to stop. */
export function listen({ desk, lists, ticket, composer, choose }) {
  const move = (step) => {
    const keys = lists.visible();
    if (!keys.length) return;
    const at = keys.indexOf(desk.open?.key);
    choose(keys[at < 0 ? 0 : Math.min(keys.length - 1, Math.max(0, at + step))]);
  };
  const shortcuts = {
    j: () => move(1),
    k: () => move(-1),
    r: () => desk.open?.ticket && composer.write("reply"),
    n: () => desk.open?.ticket && composer.write("note"),
    i: () => desk.open?.ticket && ticket.showFacts(),
    p: () => composer.promise(),
    u: () => composer.undo.last(),
    "/": () => composer.pick(),
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
    } else if (!writing && !event.ctrlKey && !event.metaKey && !event.altKey && (Object.hasOwn(shortcuts, event.key) || ticket.has(event.key))) {
      event.preventDefault();
      if (Object.hasOwn(shortcuts, event.key)) shortcuts[event.key]();
      else ticket.key(event.key);
    }
  };
  document.addEventListener("keydown", pressed);
  return () => document.removeEventListener("keydown", pressed);
}
