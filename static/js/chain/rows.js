// The rows of a chain: which of them are on the screen, and so watched, and which have news.

import { Row } from "./row.js";
import { connection } from "../core/page.js";
import { strike } from "../core/format.js";
import { side } from "../options/strikes.js";
import { write } from "../core/render.js";

/** Rows this far beyond the edge are watched already (CSS pixels). */
const AHEAD = "200px 0px";
/** Who scrolls passes rows by: they are watched once it rests (ms). */
const REST_MS = 120;
/** So many rows are on the screen before anybody looked. */
const FEW = 40;

export class ChainRows {
  #table;
  #template;
  #changed;
  #columns;
  #rows = new Map();
  #seen = new Set();
  #dirty = new Set();
  #watched = new Set();
  #stopWatching = () => {};
  #hasGreeks = true;
  #timer = 0;
  #sight;

  /** `changed()` is called when a row has news. New rows are made from the one in `template`. */
  constructor(table, template, changed) {
    this.#table = table;
    this.#template = template;
    this.#changed = changed;
    this.#sight = new IntersectionObserver((entries) => this.#look(entries), { rootMargin: AHEAD, scrollMargin: AHEAD });
  }

  /** Take over the rows that the page was rendered with. */
  adopt() {
    this.#columns = [...this.#table.tHead.rows[0].cells].map((cell) => cell.dataset.column ?? null);
    this.#rows = new Map([...this.#body.rows].map((element) => [element, new Row(element, this.#columns)]));
    for (const element of this.#rows.keys()) this.#sight.observe(element);
    this.#seen = new Set(this.#rows.size <= FEW ? this.#rows.values() : []);
    this.#watch();
  }

  /** Show these strikes ({strike, call, put}) around a price. */
  fill(strikes, price) {
    this.#sight.disconnect();
    this.#body.replaceChildren(...strikes.map((one) => this.#made(one)));
    this.adopt();
    this.stand(price);
  }

  /** Stop watching. */
  close() {
    clearTimeout(this.#timer);
    this.#sight.disconnect();
    this.#seen = new Set();
    this.#watch();
  }

  /** Every option that is on the screen. */
  get legs() {
    return [...this.#watched].flatMap((row) => row.legs);
  }

  /** The options beside the price. */
  get near() {
    return this.legs.filter((leg) => "near" in leg.row.dataset);
  }

  /** The call and the put at the money {strike, call, put}, where both are listed; null while nobody knows where it is. */
  get pair() {
    const rows = [...this.#rows.values()].filter((row) => row.isNear && row.legs.length === 2);
    return rows.length ? { strike: rows[0].strike, call: rows[0].symbols[0], put: rows[0].symbols[1] } : null;
  }

  /** Bring the money to the middle of the box. */
  center() {
    const box = this.#table.parentElement;
    const near = this.#body.querySelector("[data-near]");
    if (near) box.scrollTop = near.offsetTop - box.clientHeight / 2;
  }

  /** The underlying's price is another one. */
  stand(price) {
    const rows = [...this.#rows.values()];
    const sides = rows.map((row) => side(row.strike, price));
    rows.forEach((row, at) => {
      const isNear = [at - 1, at + 1].some((beside) => sides[beside] !== undefined && sides[beside] !== sides[at]);
      row.stand(sides[at], isNear);
    });
  }

  /** Whether Greeks are shown at all; those beside the price always are. */
  show(hasGreeks) {
    if (hasGreeks === this.#hasGreeks) return;
    this.#hasGreeks = hasGreeks;
    this.#watch();
  }

  /** Write what is new. */
  paint(now) {
    for (const row of this.#dirty) row.paint(now);
    this.#dirty.clear();
  }

  get #body() {
    return this.#table.tBodies[0];
  }

  #made({ strike: at, call, put }) {
    const row = document.importNode(this.#template.content.firstElementChild, true);
    Object.assign(row.dataset, { strike: String(at), call: call ?? "", put: put ?? "" });
    write(row.querySelector("th"), strike(at));
    return row;
  }

  #look(entries) {
    for (const { target, isIntersecting } of entries) {
      const row = this.#rows.get(target);
      if (!row) continue;
      if (isIntersecting) this.#seen.add(row);
      else this.#seen.delete(row);
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#watch(), REST_MS);
  }

  #watch() {
    const rows = [...this.#seen];
    const greeks = this.#hasGreeks ? rows : rows.filter((row) => row.isNear);
    const stop = connection.subscribe({
      quotes: rows.flatMap((row) => row.symbols),
      greeks: greeks.flatMap((row) => row.symbols),
    });
    this.#stopWatching();
    this.#stopWatching = stop;
    for (const row of this.#watched) if (!this.#seen.has(row)) this.#leave(row);
    for (const row of rows) if (!this.#watched.has(row)) this.#enter(row);
    this.#watched = new Set(rows);
  }

  #enter(row) {
    row.listen((changed) => this.#mark(changed));
    this.#mark(row);
  }

  #leave(row) {
    row.stop();
    this.#dirty.delete(row);
  }

  #mark(row) {
    this.#dirty.add(row);
    this.#changed();
  }
}
