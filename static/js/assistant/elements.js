// Elements made and kept up to date without markup.

/** An element with these properties, and `children`: texts and nodes. */
export function made(name, properties = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

/** A button of the drawer that does `act`. */
export const button = (act, words, properties = {}) => {
  const element = made("button", { type: "button", className: "link-button", ...properties }, words);
  element.dataset.act = act;
  return element;
};

/**
 * Give `parent` the children `wanted`: texts, nodes, and {tag, children}. What is there already and fits stays the same
 * element, so that a selection, the focus and what is live outlast a text that grows.
 */
export function patch(parent, wanted) {
  wanted.forEach((one, at) => {
    const old = parent.childNodes[at];
    const node = fitting(one, old);
    if (node === old) return;
    if (old) parent.replaceChild(node, old);
    else parent.append(node);
  });
  while (parent.childNodes.length > wanted.length) parent.lastChild.remove();
}

function fitting(one, old) {
  if (one instanceof Node) return one;
  if (typeof one === "string") return text(one, old);
  const isSame = old?.localName === one.tag && !("part" in old.dataset);
  const element = isSame ? old : document.createElement(one.tag);
  patch(element, one.children);
  return element;
}

function text(data, old) {
  if (old?.nodeType !== Node.TEXT_NODE) return new Text(data);
  if (old.data !== data) old.data = data;
  return old;
}
