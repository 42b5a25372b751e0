// One symbol of a watchlist: what is known of it, written into the cells of its row when it is news.

import { renderer, store } from "../core/page.js";
import { arrow, briefAge, change, count, direction, fixed, MISSING, option, percent, price } from "../core/format.js";
import { markOf, quoteVerdict } from "../core/freshness.js";
import { Spark } from "./sparkline.js";
import { mark, write } from "../core/render.js";
import { slotName } from "../stream/store.js";

const TYPES = ["quote", "day", "underlying", "profile"];
/** The states in which a value has an age to be told. */
const OLD = new Set(["stale", "lost", "offline", "refused", "paused"]);
/** The lines of this page's symbols: they outlive a list that is left for another one. */
const sparks = new Map();

function sparkOf(symbol) {
  if (!sparks.has(symbol)) sparks.set(symbol, new Spark());
  return sparks.get(symbol);
}

/** What a column is sorted by. */
const VALUES = {
  symbol: (row) => row.symbol,
  last: (row) => markOf(row.slot("quote")).value,
  change: (row) => row.slot("quote")?.change,
  percent: (row) => row.slot("quote")?.change_percentage,
  volume: (row) => row.slot("day")?.volume,
  iv_rank: (row) => row.slot("underlying")?.iv_rank,
};

export class WatchRow {
  #cells;
  #before = null;
  #news = new Set(TYPES);
  #stops = [];
  #way = null;
  #spark;

  constructor(element) {
    this.element = element;
    this.symbol = element.dataset.symbol;
    this.link = element.querySelector(".symbol");
    this.#cells = Object.fromEntries(
      [...element.querySelectorAll("[data-cell]")].map((cell) => [cell.dataset.cell, cell]),
    );
    this.#spark = sparkOf(this.symbol);
  }

  slot(type) {
    return store.get(type, this.symbol);
  }

  value(column) {
    return VALUES[column](this);
  }

  /** Call `changed(row)` when something is news, from now on; everything is at first. */
  listen(changed) {
    this.stop();
    this.#news = new Set(TYPES);
    this.#stops = TYPES.map((type) =>
      store.listen(slotName(type, this.symbol), () => {
        this.#news.add(type);
        changed(this);
      }),
    );
  }

  stop() {
    for (const stop of this.#stops) stop();
    this.#stops = [];
  }

  /** Write what changed since the last time. */
  paint(now) {
    const { volume, iv_rank: rank } = this.#cells;
    if (this.#news.has("quote")) this.#paintQuote(now);
    if (this.#news.has("day")) write(volume, count(this.slot("day")?.volume));
    if (this.#news.has("underlying")) write(rank, fixed(this.slot("underlying")?.iv_rank, 0));
    this.#news.clear();
  }

  #paintQuote(now) {
    const quote = this.slot("quote");
    const cells = this.#cells;
    const { value } = markOf(quote);
    const way = direction(quote?.change_percentage);
    if (way !== this.#way) mark(this.element, "data-way", way);
    this.#way = way;
    write(cells.last, price(value));
    write(cells.change, change(quote?.change));
    write(cells.percent, `${arrow(quote?.change_percentage)} ${percent(quote?.change_percentage)}`);
    write(cells.book, book(quote));
    if (this.#before != null && value != null) renderer.flash(cells.last, direction(value - this.#before));
    this.#before = value;
    if (this.#spark.add(quote?.last_at ?? now, value)) this.paintSpark();
  }

  /** Draw the line of the day. */
  paintSpark() {
    mark(this.#cells.spark, "points", this.#spark.points);
  }

  /** Begin the line with the candles of the day: [{time, close}]. */
  fill(bars) {
    this.#spark.fill(bars);
    this.paintSpark();
  }

  /** How old and how true its quote is. */
  judge(around) {
    return quoteVerdict(this.slot("quote"), around, this.slot("profile"));
  }

  /** Show a verdict; its word where it is not that of all rows (`common`). */
  show({ state, word }, common, now) {
    mark(this.element, "data-state", state);
    const quote = this.slot("quote");
    write(this.#cells.age, OLD.has(state) && quote ? briefAge(now - quote.at) : "");
    const note = word === common || OLD.has(state) ? "" : word;
    write(this.#cells.note, [option(this.symbol)?.text, note].filter(Boolean).join(" · "));
  }
}

/** "512.32 × 512.35", as far as it is known. */
function book(quote) {
  if (quote?.bid == null && quote?.ask == null) return MISSING;
  return `${price(quote.bid)} × ${price(quote.ask)}`;
}
