// Where the player writes and attaches files.

import { icon, make } from "./elements.js";
import { isPicture, upload } from "./files.js";
import { forget, load, save } from "./storage.js";
import { facts, say, size, whenWords } from "./words.js";

const DRAFT = "draft";
const TYPING_EVERY = 3000;

export class Composer {
  // `send({text, files})` takes what is to be sent, `typing()` hears that the player is writing.
  constructor({ send, typing }) {
    this.sendNow = send;
    this.tellTyping = typing;
    this.chips = [];
    this.lastTyping = 0;
    this.form = document.getElementById("composer");
    this.input = document.getElementById("input");
    this.list = document.getElementById("chips");
    this.complaint = document.getElementById("complaint");
    this.button = document.getElementById("send");
    this.input.value = load(DRAFT) ?? "";
    this.listen();
    this.listenForFiles();
    whenWords(() => this.label());
    this.changed();
  }

  label() {
    this.input.placeholder = say("placeholder");
    this.input.setAttribute("aria-label", say("placeholder"));
    for (const [id, key] of [["send", "send"], ["attach", "attach"]]) {
      const button = document.getElementById(id);
      button.setAttribute("aria-label", say(key));
      button.title = say(key);
    }
    document.querySelector("#drop span").textContent = say("drop_files");
  }

  listen() {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    this.input.addEventListener("keydown", (event) => {
      // While an input method composes a word, Enter chooses it and sends nothing.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      this.send();
    });
    this.input.addEventListener("input", () => {
      this.changed();
      if (Date.now() - this.lastTyping > TYPING_EVERY) {
        this.lastTyping = Date.now();
        this.tellTyping();
      }
    });
  }

  listenForFiles() {
    const picker = document.getElementById("picker");
    const drop = document.getElementById("drop");
    picker.accept = facts.accept.join(",");
    document.getElementById("attach").addEventListener("click", () => picker.click());
    picker.addEventListener("change", () => {
      this.attach(picker.files);
      picker.value = "";
    });
    this.input.addEventListener("paste", (event) => {
      if (!event.clipboardData.files.length) return;
      event.preventDefault();
      this.attach(event.clipboardData.files);
    });
    addEventListener("dragover", (event) => {
      if (!event.dataTransfer.types.includes("Files")) return;
      event.preventDefault();
      drop.classList.add("over");
    });
    addEventListener("dragleave", (event) => event.relatedTarget === null && drop.classList.remove("over"));
    addEventListener("drop", (event) => {
      if (!event.dataTransfer.types.includes("Files")) return;
      event.preventDefault();
      drop.classList.remove("over");
      this.attach(event.dataTransfer.files);
    });
  }

  changed() {
    save(DRAFT, this.input.value);
    this.input.style.height = "auto";
    this.input.style.height = `${this.input.scrollHeight}px`;
    this.button.disabled = !this.input.value.trim() && !this.chips.length;
  }

  attach(files) {
    for (const file of [...files].slice(0, facts.max_files - this.chips.length)) {
      const chip = { file, element: make("li", { className: "chip" }) };
      this.chips.push(chip);
      this.list.append(chip.element);
      this.start(chip);
    }
    this.changedChips();
    focusInput();
  }

  start(chip) {
    chip.made = null;
    chip.problem = null;
    chip.done = upload(chip.file).then(
      (made) => (chip.made = made),
      (problem) => (chip.problem = typeof problem === "string" ? problem : "file_failed"),
    );
    chip.done.then(() => this.drawChip(chip));
    this.drawChip(chip);
  }

  drawChip(chip) {
    const state = chip.problem ? say(chip.problem) : chip.made ? size(chip.made.size) : say("file_uploading");
    const remove = make("button", { type: "button", className: "icon", title: say("remove_file") }, icon("remove"));
    remove.setAttribute("aria-label", `${say("remove_file")}: ${chip.file.name}`);
    remove.addEventListener("click", () => this.removeChip(chip));
    const parts = [preview(chip), make("span", { className: "chip-words" }, make("b", {}, chip.file.name), make("small", {}, state))];
    if (chip.problem === "file_failed") {
      const retry = make("button", { type: "button", className: "retry" }, say("retry"));
      retry.addEventListener("click", () => this.start(chip));
      parts.push(retry);
    }
    chip.element.className = `chip ${chip.problem ? "failed" : chip.made ? "ready" : "busy"}`;
    chip.element.replaceChildren(...parts, remove);
  }

  removeChip(chip) {
    this.chips = this.chips.filter((each) => each !== chip);
    chip.element.remove();
    this.changedChips();
    focusInput();
  }

  changedChips() {
    this.list.hidden = !this.chips.length;
    this.changed();
  }

  complain(key) {
    this.complaint.hidden = !key;
    this.complaint.textContent = key ? say(key) : "";
  }

  async send() {
    if (this.button.disabled || this.isSending) return;
    this.isSending = true;
    await Promise.all(this.chips.map((chip) => chip.done));
    this.isSending = false;
    const problem = this.chips.find((chip) => chip.problem)?.problem;
    this.complain(problem);
    if (problem) return;
    const [text, rest] = cut(this.input.value, facts.max_text);
    this.sendNow({ text, files: this.chips.map((chip) => chip.made) });
    this.chips = [];
    this.list.replaceChildren();
    this.input.value = rest;
    this.changedChips();
    if (rest) this.complain("too_long");
  }
}

// Bring the player to where they write, but on a touch screen without making a keyboard jump up.
export function focusInput() {
  if (matchMedia("(pointer: fine)").matches) document.getElementById("input").focus();
}

// As much as one message holds, no character cut in two, and what is left.
function cut(text, most) {
  if (text.length <= most) return [text, ""];
  const end = /[\uD800-\uDBFF]/.test(text[most - 1]) ? most - 1 : most;
  return [text.slice(0, end), text.slice(end)];
}

function preview(chip) {
  if (!chip.made || !isPicture(chip.made)) return icon("file");
  chip.address ??= URL.createObjectURL(chip.file);
  return make("img", { src: chip.address, alt: "" });
}
