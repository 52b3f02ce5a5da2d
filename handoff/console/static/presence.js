// Whether I am at my desk, and who else is: a switch for everybody, a panel of the staff for leads.

import { Refused, request } from "./api.js";
import { presence, sorted } from "./colleagues.js";
import { page } from "./dialogs.js";
import { element, fill } from "./dom.js";
import { menu } from "./menu.js";
import { notice } from "./notices.js";
import { duration, since } from "./times.js";

const STATES = [
  ["online", "Online", "takes tickets"],
  ["away", "Away", "back within ten minutes"],
  ["offline", "Offline", "takes none, keeps none"],
];

/** The switch in the desk's head. */
export function presenceSwitch(desk) {
  const label = element("span", { class: "presence-label" });
  const choose = async (state) => {
    try {
      await request("POST", "/presence", { presence: state });
    } catch (error) {
      notice(error.message, error instanceof Refused ? "declined" : "bad");
    }
  };
  const items = () => STATES.map(([state, name, meaning]) => ({ label: `${name}: ${meaning}`, run: () => choose(state) }));
  const switcher = menu({ label, items, button: { class: "quiet presence-switch", title: "Whether you are at your desk" } });
  const render = () => {
    const state = desk.self?.presence ?? "offline";
    if (switcher.opener.dataset.state === state) return;
    switcher.opener.dataset.state = state;
    fill(label, element("span", { class: "only-heard" }, "You are "), presence(state));
  };
  desk.on("lists", render);
  render();
  return switcher.node;
}

/** Everybody's presence and load, for whoever leads the shift. It is kept up to date while it is open. */
export function showStaff(desk) {
  const body = element("tbody", {});
  const render = () => fill(body, ...sorted(desk.lists.colleagues).map(row));
  desk.on("lists", render);
  render();
  const heads = ["Who", "Presence", "In hand", "Team", "Languages"].map((title) => element("th", { scope: "col" }, title));
  const dialog = page("Staff", element("div", { class: "table-scroller" }, element("table", { class: "staff-table" }, element("thead", {}, element("tr", {}, ...heads)), body)));
  dialog.classList.add("dialog-wide");
  dialog.addEventListener("close", () => desk.off("lists", render));
}

function row(colleague) {
  const { name, role, load, capacity, team, languages } = colleague;
  const share = element("progress", { max: String(Math.max(1, capacity)), value: String(Math.min(load, capacity)), "aria-hidden": "true", class: load >= capacity ? "late" : null });
  return element(
    "tr",
    {},
    element("th", { scope: "row" }, name, role !== "agent" && element("span", { class: "quiet-text" }, ` ${role}`)),
    element("td", {}, presence(colleague.presence), colleague.since && element("span", { class: "quiet-text" }, ` ${duration(since(colleague.since))}`)),
    element("td", { class: "staff-load" }, `${load} of ${capacity}`, share),
    element("td", {}, team || "–"),
    element("td", {}, languages.join(", ") || "all"),
  );
}
