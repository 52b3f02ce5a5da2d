// Handing a ticket over: to a colleague or to a team, with a brief for whoever comes next.

import { colleagueChoices, teams } from "./colleagues.js";
import { element } from "./dom.js";
import { formDialog, oneOf, words } from "./forms.js";
import { notice } from "./notices.js";

const TEAM = "team:";

export function handOver({ desk, ticket }) {
  const teamChoices = teams(desk).map((team) => ({ value: TEAM + team, label: element("span", { class: "colleague" }, element("span", { class: "colleague-name" }, team), element("span", { class: "quiet-text" }, "whoever of this team is free")) }));
  const to = oneOf("To", [...colleagueChoices(desk, ticket), ...teamChoices]);
  const brief = words("Brief: what it is about, what was tried, what is promised", { maxlength: "2000", rows: 4, hint: "Only staff see it. The player repeats nothing." });
  let again = false;
  return formDialog({
    title: `Transfer ${ticket.player}`,
    text: "The player is told before, and keeps their place.",
    fields: [ticket.transfers > 0 && warning(ticket.transfers), to, brief].filter(Boolean),
    yes: "Transfer",
    wide: true,
    missing: () => (!to.value ? "Choose a colleague or a team." : brief.value ? "" : "Write the brief: the next one needs it."),
    send: async () => {
      const target = to.value.startsWith(TEAM) ? { team: to.value.slice(TEAM.length) } : { to_agent: Number(to.value) };
      await desk.act("transfer", { ...target, brief: brief.value, again });
      notice(`${ticket.player} is handed over.`);
    },
    // H1: it changed hands before. Whoever transfers it once more says so by pressing again.
    refused: (error) => {
      if (error.code !== "again") return [];
      again = true;
      return [element("p", { class: "quiet-text" }, "Press Transfer once more if it has to be.")];
    },
  });
}

function warning(times) {
  return element("p", { class: "dialog-warning" }, `This ticket has changed hands ${times === 1 ? "once" : `${times} times`} already. Players do not like to be passed on: is there another way?`);
}
