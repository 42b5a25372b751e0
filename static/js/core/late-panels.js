// Panels whose script and style sheet are loaded when they are first seen.

/** Load by `load` once an element called `name` is in view; its style sheet is named by its data-sheet. */
export function loadWhenSeen(name, load) {
  const found = document.querySelector(name);
  if (!found) return;
  const seen = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    seen.disconnect();
    addSheet(found.dataset.sheet);
    load();
  });
  seen.observe(found);
}

/** Have the page use the style sheet of this address. Resolves once it does, or cannot. */
export function addSheet(address) {
  if (!address || document.querySelector(`link[href="${CSS.escape(address)}"]`)) return Promise.resolve();
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: address });
  document.head.append(link);
  return new Promise((resolve) => ["load", "error"].forEach((kind) => link.addEventListener(kind, resolve)));
}
