// One requestAnimationFrame loop for the page. Elements say that they are dirty; the loop paints them at most
// once per interval. Flashes are a class held for 300 ms and swept in batches: keyframes cost seven times more.

export const LIVE_MS = 90;
const FLASH_MS = 300;
const FLASHES = ["flash-up", "flash-down"];

export class Renderer {
  #dirty = new Set();
  #flashes = new Map();
  #interval = LIVE_MS;
  #urgent = false;
  #painted = 0;
  #frame = 0;
  #timer = 0;
  #still = matchMedia("(prefers-reduced-motion: reduce)");

  /** Least time between two paints in ms; null: paused. */
  pace(interval) {
    this.#interval = interval;
    this.#ask();
  }

  /** Paint `element` (call its `paint()`) with the next drain. */
  mark(element) {
    const isFirst = this.#dirty.size === 0;
    this.#dirty.add(element);
    if (isFirst) this.#ask();
  }

  /** Drain with the next frame whatever the pace says: a state changed, not a price. */
  hurry() {
    this.#urgent = true;
    this.#ask();
  }

  /** Show that a cell's value went "up" or "down": at most one flash per cell, none where motion is unwanted. */
  flash(cell, way) {
    if (this.#still.matches || !way || this.#flashes.has(cell)) return;
    cell.classList.add(`flash-${way}`);
    this.#flashes.set(cell, performance.now() + FLASH_MS);
    this.#ask();
  }

  #ask() {
    clearTimeout(this.#timer);
    if (this.#frame) return;
    const wait = this.#wait(performance.now());
    if (wait > 0) this.#timer = setTimeout(() => this.#ask(), wait);
    else if (wait !== null) this.#frame = requestAnimationFrame((now) => this.#turn(now));
  }

  /** Time until there is something to do, in ms; null when nothing is waiting. */
  #wait(now) {
    const waits = [];
    if (this.#flashes.size) waits.push(this.#flashes.values().next().value - now);
    if (this.#dirty.size && this.#urgent) return 0;
    if (this.#dirty.size && this.#interval !== null) waits.push(this.#painted + this.#interval - now);
    return waits.length ? Math.max(0, Math.min(...waits)) : null;
  }

  #turn(now) {
    this.#frame = 0;
    this.#sweep(now);
    if (this.#dirty.size && this.#isTime(now)) this.#drain(now);
    this.#ask();
  }

  #isTime(now) {
    return this.#urgent || (this.#interval !== null && now - this.#painted >= this.#interval - 8);
  }

  #drain(now) {
    const dirty = this.#dirty;
    this.#dirty = new Set();
    this.#urgent = false;
    this.#painted = now;
    for (const element of dirty) element.paint();
  }

  #sweep(now) {
    for (const [cell, until] of this.#flashes) {
      if (now < until) break;
      cell.classList.remove(...FLASHES);
      this.#flashes.delete(cell);
    }
  }
}

/** Write a cell's text, touching the page only when it differs. */
export function write(cell, text) {
  const node = cell.firstChild;
  if (node?.nodeType !== Node.TEXT_NODE) cell.replaceChildren(text);
  else if (node.data !== text) node.data = text;
}

/** Set or remove an attribute, touching the page only when it differs. */
export function mark(element, name, value) {
  if (value === "" || value == null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}
