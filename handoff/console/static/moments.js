// Choosing a time: presets for what is usual, a field for the rest, and what that is on the player's own clock.

import { element, fill } from "./dom.js";
import { clock, full, moment, now, sameDay } from "./times.js";

const MINUTE = 60000;

/** Usual times from now: [label, Date]. 18:00 is left out once it is near or past. */
export function presets() {
  const at = now();
  const evening = dayAt(at, 0, 18);
  const found = [
    ["15 min", new Date(at + 15 * MINUTE)],
    ["1 hour", new Date(at + 60 * MINUTE)],
  ];
  if (evening - at > 75 * MINUTE) found.push(["18:00", evening]);
  found.push(["Tomorrow 10:00", dayAt(at, 1, 10)]);
  return found;
}

function dayAt(from, days, hours) {
  const date = new Date(from);
  date.setDate(date.getDate() + days);
  date.setHours(hours, 0, 0, 0);
  return date;
}

/** The time on the player's own clock, in words; empty where their zone is not known or the same. */
export function theirTime(at, zone) {
  if (!zone) return "";
  try {
    const there = new Intl.DateTimeFormat([], { timeZone: zone, weekday: "short", hour: "numeric", minute: "2-digit" }).format(at);
    const here = new Intl.DateTimeFormat([], { weekday: "short", hour: "numeric", minute: "2-digit" }).format(at);
    return there === here ? "" : `${there} for the player`;
  } catch {
    return "";
  }
}

/** The clock of a zone now, as people read it. */
export function clockIn(zone) {
  try {
    return new Intl.DateTimeFormat([], { timeZone: zone, weekday: "short", hour: "numeric", minute: "2-digit" }).format(now());
  } catch {
    return "";
  }
}

export class MomentPicker {
  /** `onchange(date | null)`; `zone` is the player's. */
  constructor({ label, zone = null, onchange = () => {} }) {
    this.zone = zone;
    this.onchange = onchange;
    this.at = null;
    this.presets = element("div", { class: "presets" });
    this.input = element("input", { type: "datetime-local", "aria-label": `${label}: another time`, onchange: () => this.typed() });
    this.told = element("p", { class: "field-hint", role: "status" });
    this.node = element("fieldset", { class: "field moment-picker" }, element("legend", {}, label), this.presets, this.told);
    this.render();
  }

  /** Choose this time, or none. */
  set(at) {
    this.at = at;
    this.render();
    this.onchange(at);
  }

  typed() {
    const at = this.input.value ? new Date(this.input.value) : null;
    this.at = at;
    this.tell();
    this.onchange(at);
  }

  render() {
    fill(
      this.presets,
      ...presets().map(([label, at]) =>
        element("button", { type: "button", class: "plain small", title: full(at), "aria-pressed": String(sameMinute(at, this.at)), onclick: () => this.set(at) }, label),
      ),
      this.input,
    );
    this.input.min = local(now());
    this.input.value = this.at ? local(this.at) : "";
    this.tell();
  }

  tell() {
    if (!this.at) this.told.textContent = "";
    else if (this.at <= now()) this.told.textContent = "That time is over already.";
    else this.told.textContent = [sayMoment(this.at), theirTime(this.at, this.zone)].filter(Boolean).join(" · ");
  }

  get value() {
    return this.at && this.at > now() ? this.at.toISOString() : null;
  }
}

export function sayMoment(at) {
  return sameDay(at, now()) ? `today, ${clock(at)}` : sameDay(at, now() + 86400000) ? `tomorrow, ${clock(at)}` : moment(at);
}

function sameMinute(one, other) {
  return other !== null && Math.abs(one - other) < MINUTE;
}

function local(at) {
  const date = new Date(at);
  return new Date(date - date.getTimezoneOffset() * MINUTE).toISOString().slice(0, 16);
}
