// Making elements. Text is always text: HTML comes in only where it is called so.

export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "html") element.innerHTML = value;
    else if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const SHAPES = {
  file: "M14 3H7a2 2 0 00-2 2v14a2 2 0 002 2h10a2 2 0 002-2V8zM14 3v5h5",
  remove: "M7 7l10 10M17 7L7 17",
  wait: "M12 7v5l3 2M12 3a9 9 0 100 18 9 9 0 000-18",
  done: "M5 12.5l4.5 4.5L19 7.5",
};

export function icon(shape) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(svg.namespaceURI, "path");
  path.setAttribute("d", SHAPES[shape]);
  svg.append(path);
  return svg;
}
