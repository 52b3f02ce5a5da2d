// A button that opens a menu. Arrow keys move in it, Escape leaves it, and a press elsewhere puts it away.

import { element, fill } from "./dom.js";
import { icon } from "./icons.js";

/**
 * `items()` gives what is in the menu as it opens: [{ label, hint, danger, run }]; null draws a line between groups.
 * `button` has the attributes of the button, `label` what is on it.
 */
export function menu({ label, items, button = {} }) {
  const opener = element(
    "button",
    { type: "button", class: "plain", "aria-haspopup": "menu", "aria-expanded": "false", onclick: () => (list.hidden ? open() : close()), onkeydown: (event) => arrow(event, open), ...button },
    label,
  );
  const list = element("div", { class: "menu-items", role: "menu", hidden: true, onkeydown: (event) => pressed(event) });
  const node = element("div", { class: "menu" }, opener, list);

  const away = (event) => node.contains(event.target) || close();
  const open = () => {
    fill(list, ...items().map((item) => (item ? line(item) : element("hr", {}))));
    if (!list.childElementCount) return;
    list.hidden = false;
    opener.setAttribute("aria-expanded", "true");
    document.addEventListener("pointerdown", away);
    place(list, opener);
    list.querySelector("[role=menuitem]").focus();
  };
  const close = (refocus = false) => {
    list.hidden = true;
    opener.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", away);
    if (refocus) opener.focus();
  };
  const line = ({ label: text, hint, danger, run }) =>
    element(
      "button",
      { type: "button", role: "menuitem", tabindex: "-1", class: danger ? "danger" : null, onclick: () => (close(true), run()) },
      element("span", {}, text),
      hint && element("kbd", {}, hint),
    );
  const pressed = (event) => {
    const all = [...list.querySelectorAll("[role=menuitem]")];
    const at = all.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (event.key === "Tab") close();
    else if (event.key === "Escape") close(true);
    else if (to !== undefined) all.at(to % all.length).focus();
    else return;
    event.stopPropagation();
    if (event.key !== "Tab") event.preventDefault();
  };
  return { node, opener, open };
}

function arrow(event, open) {
  if (event.key !== "ArrowDown") return;
  event.preventDefault();
  open();
}

/** Keep the menu in sight: it hangs from the side of its button on which there is room. */
function place(list, opener) {
  const { left, bottom, top } = opener.getBoundingClientRect();
  const around = opener.closest(".scroller")?.getBoundingClientRect() ?? { top: 0, bottom: innerHeight };
  list.classList.toggle("menu-right", left + list.offsetWidth > innerWidth - 8);
  list.classList.toggle("menu-up", bottom + list.offsetHeight > around.bottom - 8 && top - around.top > list.offsetHeight);
}

/** The button with three dots. */
export function dots(title, items, attributes = {}) {
  return menu({ label: icon("more"), items, button: { class: "quiet", title, "aria-label": title, ...attributes } });
}
