// The drawer of the assistant, which a page loads when it is first opened.

import "./assistant-drawer.js";

/** Open the drawer; where it is open and has the focus, close it. `showSymbol` makes the page be about a symbol. */
export function toggle(drawer, showSymbol) {
  drawer.showSymbol = showSymbol;
  if (!drawer.hidden && drawer.contains(document.activeElement)) drawer.close();
  else drawer.open();
}
