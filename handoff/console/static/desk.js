// What the page knows: the lists, and the ticket that is open with its conversation. Views listen to its changes.

import { act, request } from "./api.js";
import { Connection } from "./connection.js";
import { setClock } from "./times.js";

export class Desk {
  constructor(me, signedOut) {
    this.me = me;
    this.lists = { waiting: [], waiting_count: 0, mine: [], assigned: [], snoozed: [], resolved: [], staff: {}, colleagues: [] };
    this.loaded = false;
    this.notices = [];
    this.open = null;
    this.state = "connecting";
    this.listeners = new Map();
    this.connection = new Connection({
      frame: (frame) => this.heard(frame),
      state: (state) => this.changeState(state),
      signedOut,
    });
  }

  /**
   * Call `listener` on "lists", "ticket", "card", "company" (who else is at the ticket), "messages", "open", "state",
   * "notices", "typing" (the player is) or "arrived" (with the new messages).
   */
  on(name, listener) {
    this.listeners.set(name, [...(this.listeners.get(name) ?? []), listener]);
  }

  /** Stop calling this listener. */
  off(name, listener) {
    this.listeners.set(name, this.listeners.get(name).filter((each) => each !== listener));
  }

  tell(name, detail) {
    for (const listener of this.listeners.get(name) ?? []) listener(detail);
  }

  changeState(state) {
    if (state === this.state) return;
    this.state = state;
    this.tell("state");
  }

  /** Show this ticket, or none. */
  show(key) {
    if (this.open?.key === key) return;
    this.open = key === null ? null : { key, ticket: null, card: null, company: [], gone: false, messages: new Map(), revision: 0, more: false };
    const open = this.open;
    this.connection.watch(key, () => open.revision);
    this.tell("open");
  }

  heard(frame) {
    if (frame.type === "time") setClock(frame.now);
    else if (frame.type === "mine" || frame.type === "lists") {
      const { type, ...lists } = frame;
      Object.assign(this.lists, lists);
      this.loaded ||= type === "lists";
      this.tell("lists");
    } else if (frame.type === "notices") {
      this.notices = frame.notices;
      this.tell("notices");
    } else if (frame.ticket !== undefined && frame.ticket === this.open?.key) {
      this.heardOfTicket(frame);
    }
  }

  heardOfTicket(frame) {
    if (frame.type === "typing") {
      this.tell("typing");
    } else if (frame.type === "card") {
      this.open.card = frame.card;
      this.tell("card");
    } else if (frame.type === "company") {
      this.open.company = frame.others;
      this.tell("company");
    } else if (frame.type === "ticket") {
      this.open.ticket = frame.shown;
      this.tell("ticket");
    } else if (frame.type === "gone") {
      this.open.gone = true;
      this.tell("ticket");
    } else if (frame.type === "messages") {
      if (frame.fresh) this.open.more = frame.more;
      const arrived = this.keep(frame.messages, frame.fresh);
      this.tell("messages");
      if (!frame.fresh && arrived.length) this.tell("arrived", arrived);
    }
  }

  /** Take messages in; answers with those that were not there before. */
  keep(messages, fresh) {
    const open = this.open;
    const oldest = fresh || !open.more ? -Infinity : Math.min(...open.messages.keys());
    const arrived = [];
    for (const message of messages) {
      open.revision = Math.max(open.revision, message.revision);
      // What lies further back than the page reaches comes when it is asked for.
      if (message.number < oldest) continue;
      const before = open.messages.get(message.number);
      message.arrivedAt = before?.arrivedAt ?? (fresh ? 0 : Date.now());
      if (!before) arrived.push(message);
      open.messages.set(message.number, message);
    }
    return arrived;
  }

  /** The conversation, oldest first. */
  conversation() {
    return [...this.open.messages.values()].sort((one, other) => one.number - other.number);
  }

  async earlier() {
    const open = this.open;
    const before = Math.min(...open.messages.keys());
    const { messages, more } = await request("GET", `/tickets/${open.key}/messages?before=${before}`);
    if (this.open !== open) return;
    open.more = more;
    for (const message of messages) open.messages.set(message.number, message);
    this.tell("messages");
  }

  act(name, details, actId) {
    return act(this.open.key, name, details, actId);
  }

  /** What can be chosen: classes, tiers, topics and categories. */
  choices() {
    return request("GET", "/choices");
  }

  /** My own line among the colleagues; undefined before the lists came. */
  get self() {
    return this.lists.colleagues.find((each) => each.id === this.me.id);
  }

  deskName(agentId) {
    if (agentId === this.me.id) return "you";
    return this.lists.staff[agentId] ?? "somebody else";
  }

  isMine(ticket) {
    return ticket?.state === "assigned" && ticket.agent_id === this.me.id;
  }

  end() {
    this.connection.end();
  }
}
