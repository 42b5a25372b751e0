// What the person who looks at this page chose. It stands in the attributes of <html>, where style sheets find it; a
// choice is kept for all their devices. The document's event "preference" (`detail` is its name) says that one changed.

import { useZone } from "./format.js";
import { sent } from "../transports/http.js";

const root = document.documentElement;
const SWITCHES = ["private", "keys"];

/** The choice of this name: a word, true or false for a switch, a list for `muted`; undefined where nobody chose. */
export function preference(name) {
  const text = root.dataset[name];
  if (SWITCHES.includes(name)) return text === "on";
  return name === "muted" ? (text ?? "").split(" ").filter(Boolean) : text;
}

/** Choose `value`. Somebody who is not signed in chooses for this page. */
export async function prefer(name, value) {
  root.dataset[name] = SWITCHES.includes(name) ? (value ? "on" : "off") : [value].flat().join(" ");
  heed(name);
  document.dispatchEvent(new CustomEvent("preference", { detail: name }));
  return "mine" in root.dataset ? sent("PATCH", "/api/desk/preferences", { [name]: value }) : null;
}

function heed(name) {
  if (name === "zone") useZone(preference("zone"));
}

heed("zone");
