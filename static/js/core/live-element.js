// Base of the elements that show live values. Light DOM: the page brings the markup, with an element for each
// value marked data-field="…"; the element only writes text and sets data-state, so a page works before it is live.

import { connection, keepFresh, renderer, store } from "./page.js";
import { mark, write } from "./render.js";

export class LiveElement extends HTMLElement {
  #stops = [];
  #cells = new Map();

  /** What to watch, as `hello` carries it. */
  get demand() {
    return {};
  }

  /** The slots (`quote|QQQ`) or types (`link`) whose changes repaint this element. */
  get hears() {
    return [];
  }

  connectedCallback() {
    for (const cell of this.querySelectorAll("[data-field]")) if (ownerOf(cell) === this) this.#cells.set(cell.dataset.field, cell);
    this.#start();
  }

  /** What it wants or hears is something else now. */
  start() {
    this.#stop();
    this.#start();
  }

  #start() {
    this.#stops = [
      connection.subscribe(this.demand),
      keepFresh(this),
      ...this.hears.map((name) => store.listen(name, () => renderer.mark(this))),
    ];
  }

  /** An element that is moved within its page lives on. */
  connectedMoveCallback() {}

  disconnectedCallback() {
    this.#stop();
  }

  #stop() {
    for (const stop of this.#stops) stop();
    this.#stops = [];
  }

  /** The element marked data-field="`name`", if the page has one. */
  cell(name) {
    return this.#cells.get(name);
  }

  /** Write each text into the cell of its name; cells the page does not have are skipped. */
  show(texts) {
    for (const [name, text] of Object.entries(texts)) {
      const cell = this.#cells.get(name);
      if (cell) write(cell, text);
    }
  }

  /** Show a verdict of the freshness rules: the state for the style sheet, word and note for the reader. */
  judge({ state, word, note }) {
    mark(this, "data-state", state);
    this.toggleAttribute("data-loaded", false);
    this.show({ word, note });
  }

  /** Flash the cell of this name, if the value in it rose or fell. */
  flash(name, before, after) {
    const cell = this.#cells.get(name);
    if (cell && before != null && after != null && before !== after)
      renderer.flash(cell, after > before ? "up" : "down");
  }
}

/** The element of ours that a cell is in: one may stand inside another. */
function ownerOf(cell) {
  const { parentElement: around } = cell;
  return around === null || around.localName.includes("-") ? around : ownerOf(around);
}
