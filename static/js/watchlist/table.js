// The table of a watchlist: one row for each symbol, in the person's order or by a column, and the keys that walk it.

import { instrument, option } from "../core/format.js";
import { ordered, pressed, SORTED, spoken, step } from "./sorting.js";
import { mark } from "../core/render.js";
import { WatchRow } from "./row.js";

const KEY = "tapedeck.watchlist.sort";
/** Values move all the time; rows follow them this often (ms), and never under a hand. */
const AGAIN_MS = 5_000;
/** Rows this far beyond the edge are as live as those on the screen (CSS pixels); the others are written once a second. */
const AHEAD = "120px 0px";

export class WatchTable {
  #table;
  #template;
  #changed;
  #rows = new Map();
  #elements = new Map();
  #dirty = new Set();
  #later = new Set();
  #out = new Set();
  #sight = new IntersectionObserver((entries) => this.#look(entries), { rootMargin: AHEAD, scrollMargin: AHEAD });
  #sort = null;
  #sortedAt = 0;
  #isOwn = false;

  /** `changed()` is called when a row has news. New rows are made from the one in `template`. */
  constructor(table, template, changed) {
    this.#table = table;
    this.#template = template;
    this.#changed = changed;
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "null");
    if (kept?.column in SORTED) this.#sort = kept;
    for (const element of this.#body.rows) this.#keep(new WatchRow(element));
    this.#paintHead();
  }

  get #body() {
    return this.#table.tBodies[0];
  }

  /** Every row, in the person's order. */
  get rows() {
    return [...this.#rows.values()];
  }

  get symbols() {
    return [...this.#rows.keys()];
  }

  /** The order that is shown now: null is the person's own. */
  get sort() {
    return this.#isOwn ? null : this.#sort;
  }

  /** Have a row for each of `symbols`, in their order, and no other. */
  arrange(symbols) {
    for (const [symbol, row] of this.#rows) if (!symbols.includes(symbol)) this.#drop(row);
    const rows = symbols.map((symbol) => this.#rows.get(symbol) ?? new WatchRow(this.#made(symbol)));
    this.#rows.clear();
    for (const row of rows) if (row.element.isConnected) this.#rows.set(row.symbol, row);
      else this.#keep(row);
    this.place();
  }

  #keep(row) {
    this.#rows.set(row.symbol, row);
    this.#elements.set(row.element, row);
    this.#sight.observe(row.element);
    row.listen(() => this.#mark(row));
    row.paintSpark();
    this.#mark(row);
  }

  #mark(row) {
    if (this.#out.has(row)) this.#later.add(row);
    else {
      this.#dirty.add(row);
      this.#changed();
    }
  }

  #look(entries) {
    for (const { target, isIntersecting } of entries) {
      const row = this.#elements.get(target);
      if (!row) continue;
      if (!isIntersecting) this.#out.add(row);
      else if (this.#out.delete(row) && this.#later.delete(row)) this.#mark(row);
    }
  }

  #drop(row) {
    row.stop();
    for (const rows of [this.#dirty, this.#later, this.#out]) rows.delete(row);
    this.#sight.unobserve(row.element);
    this.#elements.delete(row.element);
    row.element.remove();
  }

  #made(symbol) {
    const element = document.importNode(this.#template.content.firstElementChild, true);
    element.dataset.symbol = symbol;
    return named(element, symbol);
  }

  /** Put the rows where they belong. One that has the keyboard keeps it. */
  place() {
    this.#sortedAt = performance.now();
    const active = this.#body.contains(document.activeElement) ? document.activeElement : null;
    const rows = ordered(this.rows, this.sort, (row, column) => row.value(column));
    rows.forEach(({ element }, at) => {
      if (this.#body.rows[at] !== element) this.#body.insertBefore(element, this.#body.rows[at] ?? null);
    });
    if (active && active !== document.activeElement) active.focus();
    this.rove(rows.find(({ link }) => link.tabIndex === 0)?.symbol ?? rows[0]?.symbol);
  }

  /** Write what is new. */
  paint(now) {
    for (const row of this.#dirty) row.paint(now);
    this.#dirty.clear();
    if (!this.sort || performance.now() - this.#sortedAt < AGAIN_MS) return;
    if (!this.#body.matches(":hover, :focus-within")) this.place();
  }

  /** Write what is new in rows that are not on the screen, too. */
  paintAll(now) {
    for (const row of this.#later) row.paint(now);
    this.#later.clear();
  }

  /** Sort by a column, the other way, or not at all any more. */
  press(column) {
    this.#sort = pressed(this.#sort, column);
    localStorage.setItem(KEY, JSON.stringify(this.#sort));
    this.#paintHead();
    this.place();
  }

  /** Show the own order whatever was pressed, while it is being changed. */
  own(isOwn) {
    this.#isOwn = isOwn;
    this.#paintHead();
    this.place();
  }

  #paintHead() {
    for (const button of this.#table.tHead.querySelectorAll("[data-sort]")) {
      mark(button.closest("th"), "aria-sort", spoken(this.sort, button.dataset.sort));
    }
  }

  /** Mark the symbol that the page is about. */
  focus(symbol) {
    for (const row of this.#rows.values()) mark(row.link, "aria-current", row.symbol === symbol ? "true" : "");
  }

  /** The tab key comes to this symbol, and leaves the rows from it. */
  rove(symbol) {
    for (const row of this.#rows.values()) row.link.tabIndex = row.symbol === symbol ? 0 : -1;
  }

  /** Give the keyboard to the row at a place, as rows are shown. */
  enter(at) {
    const row = this.#body.rows[Math.min(at, this.#body.rows.length - 1)];
    row?.querySelector(".symbol").focus();
  }

  /** Walk by a key; whether it was one of those. */
  walk(key, symbol) {
    const rows = [...this.#body.rows];
    const to = step(key, rows.indexOf(this.#rows.get(symbol)?.element), rows.length);
    if (to === undefined) return false;
    this.enter(to);
    return true;
  }

  /** Where a row is as rows are shown, from 0. */
  placeOf(symbol) {
    return [...this.#body.rows].indexOf(this.#rows.get(symbol)?.element);
  }
}

/** Write a symbol into everything of a new row that names it. */
function named(element, symbol) {
  const link = element.querySelector(".symbol");
  link.href = `?${new URLSearchParams({ symbol })}`;
  link.textContent = option(symbol)?.root ?? symbol;
  for (const place of element.querySelectorAll(".tools span span")) place.textContent = instrument(symbol);
  return element;
}
