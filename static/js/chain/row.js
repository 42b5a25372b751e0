// One strike of a chain: what is known of its call and its put, written into the cells of its row.

import { store } from "../core/page.js";
import { briefAge, count, fixed, MISSING, price, volatility } from "../core/format.js";
import { quoteVerdict } from "../core/freshness.js";
import { mark, write } from "../core/render.js";
import { slotName } from "../stream/store.js";

/** What each slot is written into. */
const WRITTEN = {
  quote: { bid: ({ bid }) => price(bid), ask: ({ ask }) => price(ask) },
  greeks: {
    iv: ({ iv }) => volatility(iv),
    delta: ({ delta }) => fixed(delta, 2),
    theta: ({ theta }) => fixed(theta, 3),
    gamma: ({ gamma }) => fixed(gamma, 4),
    vega: ({ vega }) => fixed(vega, 3),
  },
  day: { volume: ({ volume }) => count(volume), open_interest: (day) => count(day.open_interest) },
};
const TYPES = Object.keys(WRITTEN);
const NOTHING = {};

/** One option of a row. `side` is "call" or "put", `cells` its cells by column. */
export class Leg {
  greeks = undefined;
  #news = new Set(TYPES);
  #stops = [];

  constructor(symbol, side, cells, row) {
    this.symbol = symbol;
    this.side = side;
    this.cells = cells;
    this.row = row;
  }

  listen(changed) {
    this.#news = new Set(TYPES);
    this.#stops = TYPES.map((type) =>
      store.listen(slotName(type, this.symbol), () => {
        this.#news.add(type);
        changed();
      }),
    );
  }

  stop() {
    for (const stop of this.#stops) stop();
    this.#stops = [];
  }

  /** Write what changed since the last time. */
  paint(now) {
    for (const type of this.#news) {
      const slot = store.get(type, this.symbol) ?? NOTHING;
      for (const [column, text] of Object.entries(WRITTEN[type])) {
        if (this.cells[column]) write(this.cells[column], text(slot));
      }
    }
    if (this.#news.has("greeks")) {
      this.greeks = store.get("greeks", this.symbol);
      mark(this.row, `data-${this.side}-source`, this.greeks?.source);
      this.paintAge(now);
    }
    this.#news.clear();
  }

  /** Write whose Greeks they are and how old. */
  paintAge(now) {
    write(this.cells.source, this.greeks ? `${this.greeks.source} ${briefAge(now - this.greeks.at)}` : MISSING);
  }

  /** How old and how true its quote is; shown on the row where it is not as the whole chain's (`common`). */
  judge(around) {
    return quoteVerdict(store.get("quote", this.symbol), around);
  }

  show(state, common) {
    mark(this.row, `data-${this.side}-state`, state === common || state === "none" ? "" : state);
  }
}

/** One row: `element` is its <tr>, `columns` the names of its cells, null for the strike's. */
export class Row {
  constructor(element, columns) {
    this.element = element;
    this.strike = Number(element.dataset.strike);
    const at = columns.indexOf(null);
    const cells = [...element.cells];
    this.legs = [
      made(element.dataset.call, "call", columns.slice(0, at), cells.slice(0, at), element),
      made(element.dataset.put, "put", columns.slice(at + 1), cells.slice(at + 1), element),
    ].filter(Boolean);
  }

  get symbols() {
    return this.legs.map(({ symbol }) => symbol);
  }

  /** Whether the price stands beside this strike. */
  get isNear() {
    return "near" in this.element.dataset;
  }

  listen(changed) {
    for (const leg of this.legs) leg.listen(() => changed(this));
  }

  stop() {
    for (const leg of this.legs) leg.stop();
  }

  paint(now) {
    for (const leg of this.legs) leg.paint(now);
  }

  stand(money, isNear) {
    mark(this.element, "data-money", money);
    this.element.toggleAttribute("data-near", isNear);
  }
}

function made(symbol, side, columns, cells, row) {
  const named = Object.fromEntries(columns.map((column, at) => [column, cells[at]]));
  return symbol ? new Leg(symbol, side, named, row) : null;
}
