// What is told to the person beside the values: one polite voice for who listens to pages, and notifications for all.

import { veiled } from "./format.js";
import { preference } from "./preferences.js";
import { write } from "./render.js";

/** Say something to who listens to the page. Prices never speak. */
export function announce(text) {
  document.getElementById("announcements").textContent = text;
}

/** Say something that names amounts of the person's own: without them in privacy mode. */
export const announceMine = (text) => announce(preference("private") ? veiled(text) : text);

/** Write such a text into the element inside `around`, which shows it without its amounts in privacy mode. */
export function confide(around, text) {
  around.dataset.veiled = veiled(text);
  write(around.firstElementChild, text);
}

/** Notify of something of one kind (connection, links, orders, alerts, proposals): the list of notifications takes it. */
export function notify(kind, text, at = Date.now()) {
  const event = new CustomEvent("notify", { detail: { kind, text, at } });
  customElements.whenDefined("notice-list").then(() => document.dispatchEvent(event));
}
