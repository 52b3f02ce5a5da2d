// Colleagues as they are chosen from: who is there, and how much they have in hand.

import { element } from "./dom.js";

const ORDER = { online: 0, away: 1, offline: 2 };

/** A dot and a word: nobody need tell colours apart. */
export function presence(state) {
  return element("span", { class: `presence presence-${state}` }, { online: "Online", away: "Away", offline: "Offline" }[state] ?? state);
}

/** Colleagues, those who are there and have least in hand first. */
export function sorted(colleagues) {
  const share = ({ load, capacity }) => load / Math.max(1, capacity);
  return [...colleagues].sort((one, other) => ORDER[one.presence] - ORDER[other.presence] || share(one) - share(other) || one.name.localeCompare(other.name));
}

/** The choices for `oneOf`: everybody but me (unless `withMe`); with `there`, only who is online can be chosen. */
export function colleagueChoices(desk, ticket, { withMe = false, there = false } = {}) {
  return sorted(desk.lists.colleagues)
    .filter((each) => withMe || each.id !== desk.me.id)
    .map((each) => ({ value: String(each.id), label: line(each, ticket), disabled: there && each.presence !== "online" }));
}

function line(colleague, ticket) {
  const { name, load, capacity, languages, role, team } = colleague;
  const speaks = languages.length === 0 || languages.includes(ticket.language);
  return element(
    "span",
    { class: "colleague" },
    element("span", { class: "colleague-name" }, name),
    presence(colleague.presence),
    element("span", { class: load >= capacity ? "load load-full" : "load" }, `${load} of ${capacity}`),
    element("span", { class: "quiet-text" }, [role !== "agent" && role, team, !speaks && `does not speak ${ticket.language}`].filter(Boolean).join(" · ")),
  );
}

/** The teams that anybody belongs to. */
export function teams(desk) {
  return [...new Set(desk.lists.colleagues.map((each) => each.team).filter(Boolean))].sort();
}
