// Parts of the player card: who this is on each network, what was tried, asked and judged before, and how clocks stand.

import { element } from "./dom.js";
import { channelName } from "./lists.js";
import { clock, count, duration, full, moment, now } from "./times.js";

const CLOCKS = { first_reply: "First reply", next_reply: "Next reply", resolution: "Solution" };

export function identities(known) {
  return element(
    "ul",
    { class: "identities" },
    ...known.map(({ channel, name, username, external_id: id }) =>
      element(
        "li",
        {},
        element("span", { class: `channel channel-${channel}` }, channelName(channel)),
        element("span", {}, [name, username && `@${username}`].filter(Boolean).join(" ") || "no name"),
        id && element("span", { class: "quiet-text" }, id),
      ),
    ),
  );
}

/** The answers that the bot gave already: not to be sent once more. */
export function tried(entries) {
  if (!entries.length) return null;
  return element("ul", { class: "tried" }, ...entries.map(({ title, entry_id: id, at }) => element("li", { title: id }, element("span", {}, title), element("time", { datetime: at, title: full(at), class: "quiet-text" }, moment(at)))));
}

export function told(lines) {
  if (!lines.length) return null;
  return element("ul", { class: "tried" }, ...lines.map(({ kind, severity, text, at }) => element("li", {}, element("span", { dir: "auto" }, text), element("span", { class: "quiet-text" }, [kind, severity, moment(at)].filter(Boolean).join(" · ")))));
}

/** The player's other tickets, on every network. */
export function earlier(tickets) {
  if (!tickets.length) return null;
  return element(
    "ul",
    { class: "siblings" },
    ...tickets.map((ticket) =>
      element(
        "li",
        {},
        element("a", { href: `#ticket=${ticket.key}`, dir: "auto" }, ticket.question || ticket.key),
        element("span", { class: "quiet-text" }, [ticket.state === "resolved" ? `closed ${moment(ticket.resolved_at)}` : ticket.state, ticket.category, channelName(ticket.channel), stars(ticket.survey)].filter(Boolean).join(" · ")),
      ),
    ),
  );
}

/** How the player judged a case, as words. */
export function stars(survey) {
  const score = survey?.score;
  return score ? `judged ${score} of 5${survey.words ? `: “${survey.words}”` : ""}` : "";
}

/** What the player filled in before a human came: the questions, in this language where they have it, and the answers. */
export function form({ fields = [], answers = {}, asking }, language) {
  if (!fields.length) return null;
  const label = (field) => (typeof field.label === "string" ? field.label : (field.label?.[language] ?? Object.values(field.label ?? {})[0] ?? field.name));
  const answered = fields.filter((field) => answers[field.name]);
  const open = fields.filter((field) => !answers[field.name]).map(label);
  const isAsked = asking !== null && asking !== undefined;
  return element(
    "div",
    { class: "form-card" },
    element("dl", {}, ...answered.map((field) => element("div", {}, element("dt", {}, label(field)), element("dd", { dir: "auto" }, answers[field.name])))),
    open.length > 0 && element("p", { class: "quiet-text" }, `${isAsked ? "Not yet" : "Left out"}: ${open.join(", ")}`),
  );
}

export function clocks(all) {
  const shown = all.filter((each) => each.running_since || !each.stopped_at);
  if (!shown.length) return null;
  return element("ul", { class: "clocks" }, ...shown.map(clockLine));
}

function clockLine(each) {
  const share = used(each);
  const bar = element("progress", { max: "1", value: String(Math.min(1, share)), class: share >= 1 ? "late" : share >= 0.8 ? "soon" : null, "aria-label": `${CLOCKS[each.name]}: ${Math.round(share * 100)} % used` });
  const until = element("span", { class: "clock-due" });
  if (each.due_at) {
    until.dataset.due = each.due_at;
    until.title = `${full(each.due_at)}, of ${allowed(each)}`;
    count(until);
  } else until.textContent = "paused";
  return element("li", {}, element("span", {}, CLOCKS[each.name]), until, bar, each.due_at && element("span", { class: "quiet-text" }, `until ${sayDue(each.due_at)}`));
}

function sayDue(at) {
  return moment(at) === clock(at) ? clock(at) : moment(at);
}

/** How much of the time allowed is used by now, from 0: it passes evenly between what was counted last and the end. */
export function used({ amount, spent, running_since: since, due_at: due }) {
  const before = spent / amount;
  if (!since || !due) return before;
  const [from, to] = [Date.parse(since), Date.parse(due)];
  if (to <= from) return 1;
  return before + ((1 - before) * (now() - from)) / (to - from);
}

function allowed({ amount, measure }) {
  const kind = { service: "service time", working: "working time", wall: "time" }[measure] ?? measure;
  return `${duration(amount * 1000)} ${kind}`;
}
