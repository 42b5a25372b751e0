// Panels of the desk by pointer: one is put where another stands while it is dragged over that, and its corner sizes it.

import { COLUMNS } from "./layout.js";

/** Let the panels of `grid` be dragged. `hears`: place(name, other), size(name, columns, rows) by steps, done(name). */
export function dragging(grid, hears) {
  return new Drag(grid, hears);
}

class Drag {
  #grid;
  #hears;
  #held = null;

  constructor(grid, hears) {
    this.#grid = grid;
    this.#hears = hears;
    grid.addEventListener("pointerdown", (event) => this.#take(event));
    grid.addEventListener("pointermove", (event) => this.#held && this.#move(event));
    for (const name of ["pointerup", "pointercancel"]) grid.addEventListener(name, () => this.#drop());
  }

  #take(event) {
    const bar = event.target.closest(".cell-bar");
    if (!bar || event.button !== 0 || event.target.closest("button")) return;
    // A finger anywhere else scrolls the page.
    if (event.pointerType === "touch" && !event.target.closest(".cell-name, .cell-corner")) return;
    const cell = bar.closest(".cell");
    const isSizing = Boolean(event.target.closest(".cell-corner"));
    this.#held = { cell, isSizing, x: event.clientX, y: event.clientY, over: cell };
    this.#grid.setPointerCapture(event.pointerId);
    cell.toggleAttribute("data-held", true);
    event.preventDefault();
  }

  #move(event) {
    if (this.#held.isSizing) this.#size(event);
    else this.#carry(event);
  }

  /** Only another panel than the one that was under the pointer last moves it: otherwise two would change places for ever. */
  #carry({ clientX, clientY }) {
    const { cell, over } = this.#held;
    const under = document.elementsFromPoint(clientX, clientY).map((one) => one.closest(".cell")).find(Boolean) ?? null;
    if (under === over) return;
    this.#held.over = under;
    if (under && under !== cell) this.#hears.place(cell.dataset.panel, under.dataset.panel);
  }

  #size({ clientX, clientY }) {
    const style = getComputedStyle(this.#grid);
    const gap = parseFloat(style.rowGap);
    const column = (this.#grid.clientWidth + gap) / COLUMNS;
    const row = parseFloat(style.gridAutoRows) + gap;
    const [columns, rows] = [Math.round((clientX - this.#held.x) / column), Math.round((clientY - this.#held.y) / row)];
    if (!columns && !rows) return;
    this.#held.x += columns * column;
    this.#held.y += rows * row;
    this.#hears.size(this.#held.cell.dataset.panel, columns, rows);
  }

  #drop() {
    if (!this.#held) return;
    const { cell } = this.#held;
    cell.toggleAttribute("data-held", false);
    this.#held = null;
    this.#hears.done(cell.dataset.panel);
  }
}
