// The few pictures of the desk, drawn as lines on a 24 × 24 grid.

const NAMESPACE = "http://www.w3.org/2000/svg";

const LINES = {
  attach: "M20 11.5 12.3 19a5 5 0 0 1-7-7.1l8-7.8a3.4 3.4 0 0 1 4.8 4.8l-7.9 7.6a1.7 1.7 0 0 1-2.4-2.4l7.2-7",
  back: "M15 5l-7 7 7 7",
  bell: "M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 2h-15zM10 21h4",
  check: "M5 12.5l4.5 4.5L19 7.5",
  close: "M6 6l12 12M18 6 6 18",
  down: "M12 5v14M6 13l6 6 6-6",
  file: "M7 3h7l4 4v14H7zM14 3v5h4",
  info: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18M12 11v5M12 8v.01",
  keys: "M3 7h18v11H3zM7 11h.01M11 11h.01M15 11h.01M8 15h8",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18M12 7v5l3.5 2",
  fold: "M6 9.500l6 6 6-6",
  filter: "M4 6h16M7 12h10M10 18h4",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  pause: "M9 6v12M15 6v12",
  people: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7M2.500 20c.5-4 3-6 6.500-6s6 2 6.500 6M16 11a3 3 0 1 0-1-5.800M17.500 14.500c2.300.5 3.700 2.300 4 5.500",
  snippet: "M4 6h16M4 11h10M4 16h7M17 13l-3 7",
  undo: "M8 5 3.500 9.500 8 14M4 9.500h9.500a6 6 0 0 1 0 12H9",
  out: "M10 4H5v16h5M10 12h10M16 8l4 4-4 4",
  reply: "M10 8V4.5L3 11l7 6.5V14c5 0 8.500 1.500 11 5-.5-6-4-10.500-11-11z",
  warning: "M12 4 2.500 20h19zM12 10v4.500M12 17v.01",
};

/** A picture beside words that say the same: hidden from screen readers. */
export function icon(name) {
  const picture = document.createElementNS(NAMESPACE, "svg");
  picture.setAttribute("viewBox", "0 0 24 24");
  picture.setAttribute("class", "icon");
  picture.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(NAMESPACE, "path");
  path.setAttribute("d", LINES[name]);
  picture.append(path);
  return picture;
}
