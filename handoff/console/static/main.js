// Where it begins: who is here, which page they see, and how its parts fit together.

import { Refused, request } from "./api.js";
import { banners } from "./banners.js";
import { Composer } from "./composer.js";
import { Desk } from "./desk.js";
import { element, fill } from "./dom.js";
import { icon } from "./icons.js";
import { listen, showShortcuts } from "./keys.js";
import { Lists, welcome as emptyDesk } from "./lists.js";
import { Messages } from "./messages.js";
import { Attention, beep, notice, wishes } from "./notices.js";
import { presenceSwitch, showStaff } from "./presence.js";
import { Side } from "./side.js";
import * as doors from "./sign_in.js";
import { TicketView } from "./ticket.js";
import { startTicking } from "./times.js";

const place = document.getElementById("page");
let leaveDesk = () => {};

function inAddress(name) {
  return new URLSearchParams(location.hash.slice(1)).get(name);
}

async function begin() {
  const token = inAddress("link");
  if (token) {
    fill(place, await doors.welcome(token, entered));
    place.querySelector("[autofocus]")?.focus();
    return;
  }
  try {
    showDesk(await request("GET", "/session"));
  } catch (error) {
    if (error instanceof Refused && error.status === 401) showDoor();
    else showBroken(error);
  }
}

function showBroken(error) {
  const again = element("button", { type: "button", class: "primary", onclick: () => location.reload() }, "Try again");
  fill(place, element("main", { class: "doors" }, element("div", { class: "door" }, element("p", {}, error.message), again)));
}

function showDoor(message) {
  leaveDesk();
  fill(place, doors.signIn(entered, message));
  place.querySelector("[autofocus]")?.focus();
}

function entered(me) {
  // The link is used up: it has no more business in the address and in the browser's history.
  if (inAddress("link")) history.replaceState(null, "", "/console/");
  showDesk(me);
}

function showDesk(me) {
  const desk = new Desk(me, () => showDoor("You are signed out. What you had begun to write is kept in this browser."));
  const choose = (key) => {
    desk.show(key);
    if (inAddress("ticket") !== key) history.replaceState(null, "", key ? `#ticket=${key}` : "/console/");
    document.body.classList.toggle("ticket-open", key !== null);
  };
  const lists = new Lists(desk, choose);
  const composer = new Composer(desk);
  const ticket = new TicketView(desk, { hasDraft: () => composer.hasReply, leave: () => choose(null) });
  const messages = new Messages(desk);
  const nothing = emptyDesk(desk);
  const middle = element("main", { class: "middle" }, ticket.head, ticket.banner, messages.node, composer.node);
  fill(
    place,
    banners(desk),
    element("div", { class: "desk" }, element("div", { class: "left" }, header(desk), lists.node), nothing, middle, new Side(desk, () => ticket.showFacts()).node),
  );
  new Attention(desk);
  const follow = () => inAddress("ticket") && choose(inAddress("ticket"));
  const stopListening = listen({ desk, lists, ticket, composer, choose });
  addEventListener("hashchange", follow);
  leaveDesk = () => {
    desk.end();
    stopListening();
    removeEventListener("hashchange", follow);
    document.body.classList.remove("ticket-open");
    leaveDesk = () => {};
  };
  follow();
}

const STATES = {
  live: "Live",
  connecting: "Connecting…",
  trouble: "The database cannot be reached; still trying",
};

function header(desk) {
  const state = element("p", { class: "state-of-connection", role: "status" });
  const render = () => {
    state.textContent = STATES[desk.state];
    state.dataset.state = desk.state;
  };
  desk.on("state", render);
  render();
  const quiet = (label, picture, onclick) => element("button", { type: "button", class: "quiet", "aria-label": label, title: label, onclick }, icon(picture));
  const signOut = async () => {
    try {
      await request("DELETE", "/session");
      showDoor();
    } catch (error) {
      notice(error.message, "bad");
    }
  };
  return element(
    "header",
    { class: "desk-head" },
    element("img", { src: "/console/static/icon.svg", alt: "", width: "30", height: "30" }),
    element("p", { class: "service", title: desk.me.service }, desk.me.service),
    desk.me.role !== "agent" && quiet("Staff: who is there, and what they have in hand", "people", () => showStaff(desk)),
    bell(),
    quiet("Keyboard shortcuts (?)", "keys", showShortcuts),
    quiet("Sign out", "out", signOut),
    element("div", { class: "me" }, element("p", { title: `Signed in as ${desk.me.name}` }, desk.me.desk_name), presenceSwitch(desk), state),
  );
}

/** What may make itself heard: both wishes are off until switched on here. */
function bell() {
  const wish = (name, label, wanted) => {
    const box = element("input", { type: "checkbox", id: `wish-${name}`, onchange: () => wanted(box) });
    box.checked = wishes[name];
    return element("p", {}, box, element("label", { for: box.id }, label));
  };
  const sound = wish("sound", "A sound when somebody waits", (box) => {
    wishes.sound = box.checked;
    if (box.checked) beep();
  });
  const desktop = wish("desktop", "A desktop notification when this page is hidden", async (box) => {
    const allowed = box.checked && (await globalThis.Notification?.requestPermission()) === "granted";
    if (box.checked && !allowed) notice("This browser does not allow notifications for this page.", "bad");
    box.checked = allowed;
    wishes.desktop = allowed;
  });
  const summary = element("summary", { class: "quiet", title: "Sound and notifications", "aria-label": "Sound and notifications" }, icon("bell"));
  const details = element("details", { class: "bell" }, summary, element("div", { class: "bell-wishes" }, sound, desktop));
  document.addEventListener("click", (event) => details.contains(event.target) || details.removeAttribute("open"));
  return details;
}

startTicking();
addEventListener("hashchange", () => inAddress("link") && begin());
begin();
