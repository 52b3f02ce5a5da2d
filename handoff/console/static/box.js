// One writing box. Reply and note are two boxes that share nothing but this shape: each has its own draft and address.

import { Refused, newActId, upload } from "./api.js";
import { size } from "./attachments.js";
import { element, fill } from "./dom.js";
import { Draft } from "./drafts.js";
import { Findings } from "./findings.js";
import { icon } from "./icons.js";
import { Newer } from "./newer.js";
import { notice } from "./notices.js";
import { openVariable } from "./snippets.js";

// What came less than this before the reply was sent has hardly been read.
const TO_READ = 1500;

export class Box {
  /**
   * `kind` is { act, label, hint, button, placeholder }; `onType` is called as somebody writes. `extras` makes what else
   * goes with the words (see ReplyExtras).
   */
  constructor(desk, kind, onType = () => {}, extras = () => null) {
    this.desk = desk;
    this.kind = kind;
    this.onType = onType;
    this.draft = null;
    this.uploading = 0;
    this.sending = false;
    this.words = element("textarea", {
      id: `${kind.act}-words`,
      class: "words",
      rows: "3",
      placeholder: kind.placeholder,
      maxlength: "20000",
      "aria-describedby": `${kind.act}-hint`,
      dir: "auto",
      oninput: () => this.typed(),
      onkeydown: (event) => this.slash(event),
      onpaste: (event) => this.pasted(event),
    });
    this.findings = new Findings(desk, { change: (start, end) => this.select(start, end), send: (reason) => this.submit(reason) });
    this.extras = extras({ insert: (text) => this.insert(text), leave: () => this.focus() });
    this.newer = new Newer(desk, { send: () => this.submit("", this.newest()), change: () => this.focus() });
    this.chips = element("ul", { class: "chips", "aria-label": "Attached files" });
    this.chooser = element("input", { type: "file", multiple: true, class: "only-heard", tabindex: "-1", "aria-hidden": "true", onchange: () => this.chosen() });
    this.attach = element("button", { type: "button", class: "quiet attach", title: "Attach a file, or drop or paste one", onclick: () => this.chooser.click() }, icon("attach"), "Attach");
    this.send = element("button", { type: "submit", class: `send send-${kind.act}` }, icon(kind.icon), kind.button);
    this.node = element(
      "form",
      { class: `box box-${kind.act}`, onsubmit: (event) => (event.preventDefault(), this.submit()) },
      element("div", { class: "box-head" }, element("label", { class: "box-label", for: this.words.id }, ...kind.label), element("span", { class: "hint", id: `${kind.act}-hint` }, kind.hint)),
      this.words,
      this.findings.node,
      this.newer.node,
      this.extras?.above,
      this.chips,
      element("div", { class: "box-foot" }, this.attach, this.chooser, this.extras?.buttons ?? [], this.send),
    );
    this.node.addEventListener("dragover", (event) => event.preventDefault());
    this.node.addEventListener("drop", (event) => this.dropped(event));
  }

  /** Write for this ticket: its draft comes back. */
  open(ticket) {
    this.draft = new Draft(this.desk.me.id, ticket, this.kind.act);
    this.words.value = this.draft.text;
    this.findings.hide();
    this.newer.hide();
    this.extras?.open();
    this.render();
    this.grow();
  }

  get begun() {
    return this.draft !== null && !this.draft.empty;
  }

  /** Whether the box may be used at all, and if not, why. */
  allow(allowed, why = "") {
    this.words.disabled = !allowed;
    this.attach.disabled = !allowed;
    this.words.placeholder = allowed ? this.kind.placeholder : why;
    this.allowed = allowed;
    this.extras?.allow(allowed);
    this.render();
  }

  focus() {
    this.words.focus();
  }

  /** Put the cursor on a part of the words, counted without the blanks before them. */
  select(start, end) {
    const blanks = this.words.value.length - this.words.value.trimStart().length;
    this.focus();
    this.words.setSelectionRange(blanks + start, blanks + end);
  }

  /** A slash at the start of a line asks for snippets. */
  slash(event) {
    if (event.key !== "/" || !this.extras || event.isComposing) return;
    const before = this.words.value.slice(0, this.words.selectionStart);
    if (before !== "" && !before.endsWith("\n")) return;
    event.preventDefault();
    this.extras.picker.open();
  }

  /** Put these words where the cursor is; what is left to fill in is selected. */
  insert(text) {
    const { selectionStart: start, selectionEnd: end, value } = this.words;
    this.words.value = value.slice(0, start) + text + value.slice(end);
    this.typed();
    this.focus();
    const open = openVariable(text);
    this.words.setSelectionRange(...(open ? open.map((at) => start + at) : [start + text.length, start + text.length]));
  }

  typed() {
    this.draft.change({ text: this.words.value });
    this.findings.hide();
    this.newer.hide();
    this.render();
    this.grow();
    if (this.words.value.trim()) this.onType();
  }

  grow() {
    this.words.style.height = "auto";
    this.words.style.height = `${Math.min(this.words.scrollHeight + 2, 260)}px`;
  }

  render() {
    this.send.disabled = !this.allowed || this.sending || this.uploading > 0 || !this.begun;
    this.node.classList.toggle("sending", this.sending);
    this.node.classList.toggle("box-closed", !this.allowed);
    this.words.readOnly = this.sending;
    const files = this.draft?.files ?? [];
    this.chips.hidden = files.length === 0 && this.uploading === 0;
    fill(
      this.chips,
      files.map((file) => this.chip(file)),
      this.uploading > 0 && element("li", { class: "chip chip-uploading" }, "Uploading…"),
    );
  }

  chip(file) {
    const remove = () => {
      this.draft.change({ files: this.draft.files.filter((each) => each !== file) });
      this.render();
      this.focus();
    };
    return element(
      "li",
      { class: "chip" },
      icon("file"),
      element("span", {}, file.name),
      element("span", { class: "file-size" }, size(file.size)),
      element("button", { type: "button", class: "quiet", "aria-label": `Remove ${file.name}`, onclick: remove }, icon("close")),
    );
  }

  chosen() {
    this.take([...this.chooser.files]);
    this.chooser.value = "";
  }

  pasted(event) {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    this.take(files);
  }

  dropped(event) {
    event.preventDefault();
    if (this.allowed) this.take([...event.dataTransfer.files]);
  }

  async take(files) {
    const { draft } = this;
    const most = this.desk.me.max_file;
    for (const file of files) {
      if (file.size > most) {
        notice(`${file.name} is too large: at most ${size(most)} can be sent.`, "bad");
        continue;
      }
      this.uploading += 1;
      this.render();
      try {
        const stored = await upload(file);
        draft.change({ files: [...draft.files, stored] });
      } catch (error) {
        notice(`${file.name}: ${error.message}`, "bad");
      } finally {
        this.uploading -= 1;
        this.render();
      }
    }
    this.focus();
  }

  /** The number of the player's newest message that was there to be read. */
  newest(read = () => true) {
    const numbers = this.desk.conversation().filter((each) => each.direction === "incoming" && read(each)).map((each) => each.number);
    return numbers.length ? Math.max(...numbers) : null;
  }

  /** Whether something is left to be filled in; it is selected then. */
  unfinished() {
    const open = this.extras && openVariable(this.words.value);
    if (!open) return false;
    this.focus();
    this.words.setSelectionRange(...open);
    notice(`Fill in ${this.words.value.slice(...open)} first.`, "declined");
    return true;
  }

  /** Send what is written; `reason` says why although something was found in it, `seen` what was read by then. */
  async submit(reason = "", seen = this.newest((message) => wasRead(message))) {
    if (this.send.disabled || this.unfinished()) return;
    const { draft } = this;
    let refused = null;
    this.sending = true;
    this.render();
    try {
      const files = draft.files.map(({ sha256, name }) => ({ sha256, name }));
      const override = reason && { override_reason: reason };
      const more = this.extras && { ...this.extras.details(), ...(seen !== null && { seen }) };
      await this.desk.act(this.kind.act, { text: draft.text, files, ...override, ...more }, draft.begin(newActId()));
      draft.drop();
      if (this.draft === draft) {
        this.words.value = "";
        this.findings.hide();
        this.newer.hide();
        this.extras?.reset();
      }
    } catch (error) {
      if (error instanceof Refused && ["guard", "newer"].includes(error.code) && this.draft === draft) refused = error;
      else this.kept(error);
    } finally {
      this.sending = false;
      this.render();
      this.grow();
      if (refused?.code === "guard") this.findings.show(refused.details);
      else if (refused) this.newer.show(seen ?? 0);
      else if (this.draft === draft) this.focus();
    }
  }

  kept(error) {
    const declined = error instanceof Refused && error.status === 409;
    notice(`${error.message} What you wrote is kept.`, declined ? "declined" : "bad");
  }
}

/** Whether a message stood there for long enough to have been read before the reply was sent. */
function wasRead(message) {
  return Date.now() - (message.arrivedAt ?? 0) > TO_READ;
}
