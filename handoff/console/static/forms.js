// Dialogs with something to fill in. What the server refuses is said in the dialog, and what was written stays.

import { Refused } from "./api.js";
import { element, fill } from "./dom.js";

let made = 0;

/** A labelled field: { node, input, value }. `hint` stands under it. */
function field(label, input, hint) {
  made += 1;
  input.id = `field-${made}`;
  const about = hint && element("span", { class: "field-hint", id: `${input.id}-hint` }, hint);
  if (about) input.setAttribute("aria-describedby", about.id);
  return { node: element("div", { class: "field" }, element("label", { for: input.id }, label), input, about), input, get value() { return input.value.trim(); } };
}

export function words(label, { value = "", hint, rows = 3, ...attributes } = {}) {
  const input = element("textarea", { rows: String(rows), dir: "auto", ...attributes });
  input.value = value;
  return field(label, input, hint);
}

export function line(label, { value = "", hint, ...attributes } = {}) {
  return field(label, element("input", { type: "text", value, ...attributes }), hint);
}

/** `options` are [value, text]. */
export function select(label, options, { value = "", hint, ...attributes } = {}) {
  const input = element("select", attributes, ...options.map(([each, text]) => element("option", { value: each, selected: each === value }, text)));
  return field(label, input, hint);
}

export function tick(label, { checked = false, ...attributes } = {}) {
  made += 1;
  const input = element("input", { type: "checkbox", id: `field-${made}`, ...attributes });
  input.checked = checked;
  return { node: element("div", { class: "field field-tick" }, input, element("label", { for: input.id }, label)), input, get value() { return input.checked; } };
}

/** One of several, all to be seen. `options` are { value, label (nodes or a text), disabled }. */
export function oneOf(legend, options, { value = null, onchange = () => {} } = {}) {
  made += 1;
  const name = `field-${made}`;
  const lines = options.map((option, at) => {
    const input = element("input", { type: "radio", name, id: `${name}-${at}`, value: option.value, disabled: option.disabled, onchange });
    input.checked = option.value === value;
    return element("div", { class: "choice" }, input, element("label", { for: input.id }, option.label));
  });
  const node = element("fieldset", { class: "field choices" }, element("legend", {}, legend), ...lines);
  return { node, input: node, get value() { return node.querySelector("input:checked")?.value ?? null; } };
}

/**
 * Show the dialog; resolves to whether it was done. `send()` does the work: what it throws is shown, and `refused(error)`
 * may add nodes that help. `missing()` gives a sentence where something is still to be filled in.
 */
export function formDialog({ title, text, fields, yes, send, refused = () => [], missing = () => "", wide = false }) {
  return new Promise((resolve) => {
    let done = false;
    const trouble = element("div", { class: "dialog-trouble", role: "alert", hidden: true });
    const submit = element("button", { type: "submit", class: "primary" }, yes);
    const say = (...content) => {
      fill(trouble, ...content);
      trouble.hidden = false;
    };
    const submitted = async (event) => {
      event.preventDefault();
      const lacking = missing();
      if (lacking) return say(element("p", {}, lacking));
      submit.disabled = true;
      trouble.hidden = true;
      try {
        await send();
        done = true;
        dialog.close();
      } catch (error) {
        say(element("p", {}, error.message), ...(error instanceof Refused ? refused(error, () => dialog.close()) : []));
      } finally {
        submit.disabled = false;
      }
    };
    const keys = (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
      event.preventDefault();
      dialog.querySelector("form").requestSubmit();
    };
    const dialog = element(
      "dialog",
      { class: `dialog${wide ? " dialog-wide" : ""}`, "aria-labelledby": "dialog-title", onclose: () => (dialog.remove(), resolve(done)), onkeydown: keys },
      element(
        "form",
        { onsubmit: submitted, novalidate: true },
        element("h2", { id: "dialog-title" }, title),
        text && element("p", { class: "dialog-lead" }, text),
        ...fields.map((each) => each.node ?? each),
        trouble,
        element("div", { class: "dialog-buttons" }, element("button", { type: "button", class: "plain", onclick: () => dialog.close() }, "Cancel"), submit),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
    const first = dialog.querySelector(".presets button, input:enabled, textarea, select") ?? submit;
    first.focus();
  });
}
