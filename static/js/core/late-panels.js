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

function addSheet(address) {
  if (!address || document.querySelector(`link[href="${CSS.escape(address)}"]`)) return;
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: address });
  document.head.append(link);
}
