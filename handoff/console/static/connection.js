// The live socket: connects again by itself, and says which revision the page has so that nothing is missed.

import { Refused, request } from "./api.js";

const SIGNED_OUT = 4401;
const SLOWEST = 10000;
// The server tells the time every 20 seconds: after so long a silence the line is dead, whatever the browser thinks.
const SILENCE = 60000;

export class Connection {
  /** `on` has the listeners: frame(frame), state("live" | "connecting" | "trouble"), signedOut(). */
  constructor(on) {
    this.on = on;
    this.failures = 0;
    this.watched = null;
    this.socket = null;
    this.ended = false;
    this.retry = null;
    addEventListener("online", () => this.hurry());
    document.addEventListener("visibilitychange", () => document.hidden || this.hurry());
    this.watchdog = setInterval(() => this.listen(), SILENCE / 6);
    this.connect();
  }

  /** Follow this ticket from the revision that `revision()` tells; null follows none. */
  watch(ticket, revision) {
    this.watched = ticket === null ? null : { ticket, revision };
    this.sayWatched();
  }

  /** Somebody writes here, in the reply or in the note: the player learns of the first alone. */
  typing(box) {
    this.say({ type: "typing", box });
  }

  end() {
    this.ended = true;
    clearTimeout(this.retry);
    clearInterval(this.watchdog);
    this.socket?.close();
  }

  connect() {
    this.on.state("connecting");
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/console/socket`);
    this.socket = socket;
    this.heardAt = Date.now();
    socket.addEventListener("open", () => {
      this.failures = 0;
      this.on.state("live");
      this.sayWatched();
    });
    socket.addEventListener("message", (event) => {
      if (socket !== this.socket) return;
      this.heardAt = Date.now();
      const frame = JSON.parse(event.data);
      this.on.state(frame.type === "trouble" ? "trouble" : "live");
      this.on.frame(frame);
    });
    socket.addEventListener("close", (event) => socket === this.socket && this.closed(event));
  }

  /** Give a silent line up: its own end may take minutes to be noticed. */
  listen() {
    if (this.socket === null || Date.now() - this.heardAt < SILENCE) return;
    const silent = this.socket;
    this.closed({ code: 1006 });
    silent.close();
  }

  closed(event) {
    this.socket = null;
    if (this.ended) return;
    if (event.code === SIGNED_OUT) {
      this.end();
      this.on.signedOut();
      return;
    }
    this.on.state("connecting");
    const wait = Math.min(SLOWEST, 300 * 2 ** this.failures) * (0.7 + 0.6 * Math.random());
    this.failures += 1;
    this.retry = setTimeout(() => this.again(), wait);
  }

  /** A refused handshake does not say why: ask whether we are still signed in. */
  async again() {
    this.retry = null;
    try {
      await request("GET", "/session");
    } catch (error) {
      if (error instanceof Refused && error.status === 401) {
        this.end();
        this.on.signedOut();
        return;
      }
    }
    if (!this.ended) this.connect();
  }

  hurry() {
    if (this.retry === null || this.ended) return;
    clearTimeout(this.retry);
    this.again();
  }

  sayWatched() {
    if (this.watched === null) this.say({ type: "unwatch" });
    else this.say({ type: "watch", ticket: this.watched.ticket, revision: this.watched.revision() });
  }

  say(frame) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame));
  }
}
