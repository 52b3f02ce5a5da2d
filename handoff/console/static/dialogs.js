// Questions that must be answered before something happens, and the page of shortcuts.

import { element } from "./dom.js";

/** Ask; resolves to whether the answer was yes. */
export function ask(title, text, yes) {
  return new Promise((resolve) => {
    const dialog = element(
      "dialog",
      { class: "dialog", "aria-labelledby": "dialog-title", onclose: () => (dialog.remove(), resolve(dialog.returnValue === "yes")) },
      element(
        "form",
        { method: "dialog" },
        element("h2", { id: "dialog-title" }, title),
        element("p", {}, text),
        element(
          "div",
          { class: "dialog-buttons" },
          element("button", { class: "plain", value: "no" }, "Cancel"),
          element("button", { class: "primary", value: "yes", autofocus: true }, yes),
        ),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Show a page with one button to leave it; answers with its dialog. */
export function page(title, ...content) {
  const dialog = element(
    "dialog",
    { class: "dialog", "aria-labelledby": "dialog-title", onclose: () => dialog.remove() },
    element(
      "form",
      { method: "dialog" },
      element("h2", { id: "dialog-title" }, title),
      ...content,
      element("div", { class: "dialog-buttons" }, element("button", { class: "primary", autofocus: true }, "Done")),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}
