// A WebSocket that comes back by itself. `listener` has hello() -> first frame, heard(frame), changed(state);
// the state is "connecting", "online" or "offline".

const PING_EVERY = 20_000;
const PATIENCE = 10_000;
const LONGEST_WAIT = 15_000;

export class Connection {
  constructor(url, listener) {
    this.url = url;
    this.listener = listener;
    this.attempts = 0;
    this.state = "connecting";
    addEventListener("online", () => this.connect());
    addEventListener("offline", () => this.drop());
    addEventListener("pageshow", (event) => event.persisted && this.connect());
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) return;
      if (this.state === "online") this.ping();
      else this.connect();
    });
    setInterval(() => this.state === "online" && this.ping(), PING_EVERY);
  }

  connect() {
    if (this.socket && this.socket.readyState <= WebSocket.OPEN) return;
    clearTimeout(this.waiting);
    const socket = new WebSocket(this.url);
    this.socket = socket;
    // A server that takes the call and says nothing counts as away.
    this.expect();
    socket.onopen = () => this.current(socket) && this.send(this.listener.hello());
    socket.onmessage = (event) => this.current(socket) && this.hear(JSON.parse(event.data));
    socket.onclose = () => this.current(socket) && this.lost();
  }

  // Start anew, for example as somebody else.
  restart() {
    this.drop();
    this.connect();
  }

  drop() {
    const socket = this.socket;
    if (!socket) return;
    this.lost();
    socket.close();
  }

  send(frame) {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  current(socket) {
    return this.socket === socket;
  }

  hear(frame) {
    clearTimeout(this.expecting);
    if (frame.type === "welcome") {
      this.attempts = 0;
      this.become("online");
    }
    this.listener.heard(frame);
  }

  ping() {
    if (this.send({ type: "ping" })) this.expect();
  }

  expect() {
    clearTimeout(this.expecting);
    this.expecting = setTimeout(() => this.drop(), PATIENCE);
  }

  lost() {
    this.socket = null;
    clearTimeout(this.expecting);
    clearTimeout(this.waiting);
    this.become("offline");
    const wait = Math.min(LONGEST_WAIT, 500 * 2 ** this.attempts) * (0.5 + Math.random() / 2);
    this.attempts += 1;
    this.waiting = setTimeout(() => this.connect(), wait);
  }

  become(state) {
    this.state = state;
    this.listener.changed(state);
  }
}
