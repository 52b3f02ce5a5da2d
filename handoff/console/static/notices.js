// Everything that draws attention: notices in a corner, the page's title, a sound, a desktop notification.

import { element } from "./dom.js";

const SHOWN_FOR = 6000;

/** Show a sentence for a while: "good", "declined" (somebody was faster …) or "bad". */
export function notice(text, kind = "good") {
  const shown = element("div", { class: `notice notice-${kind}` }, text);
  document.getElementById("notices").append(shown);
  setTimeout(() => shown.remove(), SHOWN_FOR);
}

/** Let a screen reader say it; nothing is seen. */
export function announce(text) {
  document.getElementById("announcements").textContent = text;
}

/** The wishes of this browser's user; both are off until switched on. */
export const wishes = {
  get sound() {
    return localStorage.getItem("sound") === "on";
  },
  set sound(on) {
    localStorage.setItem("sound", on ? "on" : "off");
  },
  get desktop() {
    return localStorage.getItem("desktop") === "on" && globalThis.Notification?.permission === "granted";
  },
  set desktop(on) {
    localStorage.setItem("desktop", on ? "on" : "off");
  },
};

export class Attention {
  /** Watches the lists: the title counts who waits, and somebody new is told of as wished. */
  constructor(desk) {
    this.desk = desk;
    this.known = null;
    desk.on("lists", () => this.look());
    desk.on("arrived", (messages) => this.heard(messages));
  }

  look() {
    const { waiting, waiting_count: count } = this.desk.lists;
    document.title = `${count ? `(${count}) ` : ""}${this.desk.me.service} desk`;
    const fresh = this.known ? waiting.filter((ticket) => !this.known.has(ticket.key)) : [];
    this.known = new Set(waiting.map((ticket) => ticket.key));
    if (fresh.length) this.call(`${fresh[0].player} is waiting`, fresh[0].question);
  }

  heard(messages) {
    const last = messages.findLast((message) => message.direction === "incoming");
    if (!last || !this.desk.isMine(this.desk.open?.ticket)) return;
    if (document.hidden) this.call(this.desk.open.ticket.player, last.text);
  }

  call(title, text) {
    announce(title);
    if (wishes.sound) beep();
    if (wishes.desktop && document.hidden) {
      const note = new Notification(title, { body: text, tag: "innkeeper", icon: "/console/static/icon.svg" });
      note.onclick = () => (globalThis.focus(), note.close());
    }
  }
}

/** Two soft tones, made here: no sound file is needed. */
export function beep() {
  const audio = new AudioContext();
  for (const [pitch, start] of [[660, 0], [880, 0.14]]) {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    const at = audio.currentTime + start;
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.0001, at);
    volume.gain.exponentialRampToValueAtTime(0.12, at + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.25);
    tone.connect(volume).connect(audio.destination);
    tone.start(at);
    tone.stop(at + 0.3);
  }
  setTimeout(() => audio.close(), 1000);
}
