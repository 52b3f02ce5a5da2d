// What staff should know of the service itself, above everything else, for as long as it holds.

import { element, keyed } from "./dom.js";
import { icon } from "./icons.js";

/** The notices of this desk. One that was put away comes back when it says something new. */
export function banners(desk) {
  const list = element("ul", { class: "banners", role: "status", "aria-label": "Notices" });
  const render = () => {
    const shown = desk.notices.filter((notice) => !isAway(notice));
    list.hidden = shown.length === 0;
    keyed(list, shown, (notice) => notice.key, (notice) => stamp(notice), (notice) => banner(notice, render));
  };
  desk.on("notices", render);
  render();
  return list;
}

function banner(notice, render) {
  const putAway = () => {
    sessionStorage.setItem(`away:${notice.key}`, stamp(notice));
    render();
  };
  return element(
    "li",
    { class: `notice-line notice-line-${notice.severity}` },
    icon("warning"),
    element("p", {}, element("span", { class: "notice-text" }, notice.text), notice.remedy && " ", notice.remedy && element("span", { class: "remedy" }, notice.remedy)),
    element("button", { type: "button", class: "quiet", title: "Put this notice away", "aria-label": "Put this notice away", onclick: putAway }, icon("close")),
  );
}

function isAway(notice) {
  return sessionStorage.getItem(`away:${notice.key}`) === stamp(notice);
}

function stamp(notice) {
  return JSON.stringify([notice.severity, notice.text, notice.remedy]);
}
