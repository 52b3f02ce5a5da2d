// One message as an element.

import { icon, make } from "./elements.js";
import { address, download, isPicture } from "./files.js";
import { fullTime, say, size, time } from "./words.js";

// `message` is as the server tells it, or of ours and not confirmed: then `state` is "sending" or "failed".
// `act` has press(message, button) and retry(message).
export function draw(message, act) {
  return make(
    "article",
    { className: `message ${message.author}${message.follows ? " follows" : ""}${message.state ? ` ${message.state}` : ""}` },
    make("p", { className: message.author === "player" || message.follows ? "author unseen" : "author" }, name(message)),
    words(message),
    ...message.files.map(drawFile),
    message.buttons.length ? drawButtons(message, act) : null,
    message.isGreeting ? null : meta(message, act),
  );
}

function name(message) {
  if (message.author === "player") return say("you");
  return message.author === "agent" ? message.name || say("agent") : say("bot");
}

function words(message) {
  if (message.html) return make("div", { className: "bubble", html: message.html });
  if (message.text) return make("div", { className: "bubble plain", dir: "auto" }, message.text);
  return null;
}

function drawFile(file) {
  if (!isPicture(file)) return fileButton(file);
  const picture = make("img", { alt: file.name });
  const link = make("a", { className: "picture", target: "_blank", rel: "noopener" }, picture);
  address(file).then(
    (where) => {
      picture.src = where;
      link.href = where;
    },
    () => link.replaceWith(fileButton(file)),
  );
  return link;
}

function fileButton(file) {
  const button = make(
    "button",
    { type: "button", className: "file" },
    icon("file"),
    make("span", { className: "file-name" }, file.name),
    make("span", { className: "file-size" }, size(file.size ?? 0)),
  );
  button.addEventListener("click", async () => {
    button.disabled = true;
    await download(file).catch(() => button.classList.add("failed"));
    button.disabled = false;
  });
  return button;
}

function drawButtons(message, act) {
  const group = make("div", { className: "buttons", role: "group", "aria-label": name(message) });
  for (const offered of message.buttons) {
    if (offered.url) {
      group.append(make("a", { className: "choice", href: offered.url, target: "_blank", rel: "noopener nofollow" }, offered.label));
      continue;
    }
    const button = make("button", { type: "button", className: "choice" }, offered.label);
    button.disabled = Boolean(message.pressed);
    if (message.pressed === offered.action) button.classList.add("pressed");
    button.addEventListener("click", () => act.press(message, offered));
    group.append(button);
  }
  return group;
}

function meta(message, act) {
  if (message.state === "failed") {
    const retry = make("button", { type: "button", className: "retry" }, say("retry"));
    retry.addEventListener("click", () => act.retry(message));
    return make("p", { className: "meta failure" }, `${say("message_failed")} `, retry);
  }
  if (message.state === "sending") return make("p", { className: "meta" }, icon("wait"), say("sending"));
  const moment = new Date(message.sent_at);
  const parts = [make("time", { dateTime: message.sent_at, title: fullTime(moment) }, time(moment))];
  if (message.edited) parts.push(` · ${say("edited")}`);
  if (message.isNewestOwn) parts.push(" · ", icon("done"), say("sent"));
  return make("p", { className: "meta" }, ...parts);
}
