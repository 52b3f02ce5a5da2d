// Making and updating elements. Text always goes in as text: nothing here reads HTML.

/**
 * An element. `attributes` are set as attributes; names beginning with "on" are listeners; `class`, `dataset` and
 * booleans do what one expects. Children are nodes or texts; null and false are left out.
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  set(made, attributes);
  made.append(...present(children));
  return made;
}

export function set(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "dataset") Object.assign(node.dataset, value);
    else if (value === true) node.setAttribute(name, "");
    else if (value === false || value === null || value === undefined) node.removeAttribute(name);
    else node.setAttribute(name, value);
  }
}

export function fill(node, ...children) {
  node.replaceChildren(...present(children));
}

/**
 * Make the children of `parent` show `items` in order, keeping the nodes of items that stayed (and so focus and
 * scroll). `key(item)` names an item, `stamp(item)` tells whether it changed, `make(item, old)` builds its node.
 */
export function keyed(parent, items, key, stamp, make) {
  const old = new Map([...parent.children].map((node) => [node.dataset.key, node]));
  let place = parent.firstElementChild;
  for (const item of items) {
    const name = String(key(item));
    const mark = String(stamp(item));
    let node = old.get(name);
    if (node && node.dataset.stamp !== mark) {
      const renewed = make(item, node);
      const focused = node.contains(document.activeElement);
      if (place === node) place = renewed;
      node.replaceWith(renewed);
      if (focused) (renewed.matches("button, a") ? renewed : renewed.querySelector("button, a"))?.focus();
      node = renewed;
    } else if (!node) {
      node = make(item, null);
    }
    node.dataset.key = name;
    node.dataset.stamp = mark;
    old.delete(name);
    if (node === place) place = place.nextElementSibling;
    else parent.insertBefore(node, place);
  }
  for (const node of old.values()) node.remove();
}

function present(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
}
