// What is told to the person beside the values: one polite voice for who listens to pages, and notifications for all.

/** Say something to who listens to the page. Prices never speak. */
export function announce(text) {
  document.getElementById("announcements").textContent = text;
}

/** Notify of something of one kind (connection, links, orders, alerts): the list of notifications takes it. */
export function notify(kind, text, at = Date.now()) {
  document.dispatchEvent(new CustomEvent("notify", { detail: { kind, text, at } }));
}
