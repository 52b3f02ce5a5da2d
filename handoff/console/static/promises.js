// Promises of a ticket, as data: which are owed, and how they are named.

import { now } from "./times.js";
import { sayMoment } from "./moments.js";

export function openPromises(ticket) {
  return (ticket.promises ?? []).filter((promise) => !promise.ended_at);
}

export function promiseText(promise) {
  const late = Date.parse(promise.due_at) < now();
  return `${late ? "was due" : "to write again by"} ${sayMoment(promise.due_at)}`;
}
