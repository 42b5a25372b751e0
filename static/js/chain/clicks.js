// Clicks and keys on the prices of a chain: a bid sells, an ask buys. One cell at a time is in the way of the tab key.

import { amount } from "../core/format.js";
import { mark } from "../core/render.js";

const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const DEALS = ["Enter", " "];
const WAYS = { bid: -1, ask: 1 };

export class ChainPicks {
  #table;
  #deal;
  #quantities = new Map();

  /** `deal({symbol, right, strike, shown}, way)` is called with 1 for one bought and -1 for one sold at a price. */
  constructor(table, deal) {
    this.#table = table;
    this.#deal = deal;
    table.setAttribute("role", "grid");
    table.addEventListener("click", (event) => this.#click(event.target));
    table.addEventListener("keydown", (event) => this.#press(event));
    table.addEventListener("focusin", ({ target }) => this.#rove(target));
  }

  /** The rows are others: mark what was picked among them, and let the tab key find one. */
  start() {
    this.show(this.#quantities);
    const row = this.#body.querySelector("[data-near]") ?? this.#body.rows[0];
    if (row) this.#rove(row.cells[this.#places[1][0]]);
  }

  /** Mark what is picked: quantities by symbol. */
  show(quantities) {
    for (const cell of this.#body.querySelectorAll("[data-leg]")) this.#mark(cell, 0);
    this.#quantities = quantities;
    for (const [symbol, quantity] of quantities) {
      const column = quantity < 0 ? "bid" : "ask";
      for (const side of ["call", "put"]) {
        const row = this.#body.querySelector(`[data-${side}="${CSS.escape(symbol)}"]`);
        const [at] = this.#places.find(([, head]) => head.dataset.column === column && head.matches(`.${side}`));
        if (row) this.#mark(row.cells[at], quantity);
      }
    }
  }

  /** Where prices stand, which changes: [at, head]. */
  get #places() {
    return [...this.#table.tHead.rows[0].cells].flatMap((head, at) => (head.dataset.column in WAYS ? [[at, head]] : []));
  }

  get #body() {
    return this.#table.tBodies[0];
  }

  #mark(cell, quantity) {
    mark(cell, "data-leg", quantity ? (quantity > 0 ? `+${quantity}` : amount(quantity)) : "");
    mark(cell, "aria-selected", quantity ? "true" : "");
  }

  #head(cell) {
    return this.#places.find(([at]) => at === cell.cellIndex)?.[1];
  }

  #click(target) {
    const cell = target.closest("tbody td");
    const head = cell && this.#head(cell);
    if (!head) return;
    const side = head.matches(".call") ? "call" : "put";
    const row = cell.parentElement;
    const option = { symbol: row.dataset[side], right: side === "call" ? "C" : "P", strike: Number(row.dataset.strike) };
    if (!option.symbol) return;
    this.#rove(cell);
    cell.focus({ preventScroll: true });
    const shown = Number.parseFloat(cell.textContent.replaceAll(",", ""));
    this.#deal({ ...option, shown: Number.isNaN(shown) ? null : shown }, WAYS[head.dataset.column]);
    cell.scrollIntoView({ block: "nearest" });
  }

  #press(event) {
    const cell = event.target.closest("tbody td");
    if (!cell || event.ctrlKey || event.altKey || event.metaKey) return;
    if (DEALS.includes(event.key)) this.#click(cell);
    else if (event.key in STEPS) this.#step(cell, ...STEPS[event.key]);
    else return;
    event.preventDefault();
  }

  #step(cell, down, right) {
    const row = this.#body.rows[cell.parentElement.sectionRowIndex + down];
    const shown = this.#places.filter(([, head]) => head.offsetParent);
    const place = shown.findIndex(([at]) => at === cell.cellIndex) + right;
    const next = row?.cells[shown[place]?.[0]];
    if (!next) return;
    this.#rove(next);
    next.focus();
  }

  /** Let the tab key come to this cell, and to no other. */
  #rove(cell) {
    if (!cell.matches("tbody td") || !this.#head(cell)) return;
    for (const other of this.#body.querySelectorAll("[tabindex]")) if (other !== cell) other.removeAttribute("tabindex");
    cell.tabIndex = 0;
  }
}
