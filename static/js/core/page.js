// What every element of a page shares: one store, one clock, one socket, one renderer.

import { Connection } from "../stream/connection.js";
import { socketVerdict } from "./freshness.js";
import { ServerClock } from "../stream/clock.js";
import { Renderer } from "./render.js";
import { Store } from "../stream/store.js";

export const store = new Store();
export const clock = new ServerClock();
export const renderer = new Renderer();
export const connection = new Connection(store, clock);

const elements = new Set();

/** Paint `element` once a second (ages move) and whenever the connection changes. Returns the way to stop. */
export function keepFresh(element) {
  elements.add(element);
  renderer.mark(element);
  return () => elements.delete(element);
}

/** What the freshness rules need besides the value itself. */
export function circumstances() {
  return { socket: connection.status, links: store.all("link"), market: store.get("market"), now: clock.now() };
}

function repaint() {
  for (const element of elements) renderer.mark(element);
}

function tick() {
  repaint();
  // A count-down to the next try moves although prices are paused.
  if (socketVerdict(connection.status, clock.now())?.state === "lost") renderer.hurry();
}

/** What the server rendered this page from: {watch, frame}; null where it knew nothing. */
function rendered() {
  const text = document.querySelector("meta[name=board]")?.content;
  return text ? JSON.parse(text) : null;
}

/** Connect, once every element has said what it wants. */
export function start() {
  connection.addEventListener("change", () => {
    repaint();
    renderer.hurry();
  });
  setInterval(tick, 1_000);
  connection.start(rendered());
}
