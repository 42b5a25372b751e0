// The tables of a payoff: its legs, what they earn by price and volatility, and the curve in figures.

import { fixed, gain, instrument, option, price } from "../core/format.js";
import { mark, write } from "../core/render.js";

/** How much of its volatility each column of the matrix takes. */
export const SCALES = [0.7, 0.85, 1, 1.15, 1.3];

function cell(name, words, way) {
  const made = document.createElement(name);
  made.textContent = words;
  if (name === "th") made.scope = "row";
  if (way) made.dataset.way = way;
  return made;
}

const wayOf = (earned) => (earned > 0 ? "up" : earned < 0 ? "down" : "");
const row = (head, values, isNow = false) => {
  const made = document.createElement("tr");
  if (isNow) made.setAttribute("aria-current", "true");
  made.append(cell("th", head), ...values.map((earned) => cell("td", gain(earned), wayOf(earned))));
  return made;
};

/** `rows` are [price, what is earned in each column]. */
export function showMatrix(table, rows, spot) {
  const heads = table.tHead.rows[0].cells;
  SCALES.forEach((scale, at) => write(heads[at + 1], scale === 1 ? "as is" : `${gain((scale - 1) * 100)}%`));
  table.tBodies[0].replaceChildren(...rows.map(([at, values]) => row(fixed(at, 2), values, at === spot)));
}

/** `points` are {spot, end, then}. */
export function showCurve(table, points) {
  table.tBodies[0].replaceChildren(...points.map(({ spot, end, then }) => row(fixed(spot, 2), [end, then])));
}

/** The rows of the legs; they are made anew only when a leg came or went. */
export class LegRows {
  #body;
  #template;

  constructor(table, template) {
    this.#body = table.tBodies[0];
    this.#template = template;
  }

  show(legs) {
    const symbols = legs.map(({ symbol }) => symbol);
    if (symbols.join() !== [...this.#body.rows].map((one) => one.dataset.symbol).join())
      this.#body.replaceChildren(...legs.map((leg) => this.#made(leg)));
    legs.forEach((leg, at) => this.#fill(this.#body.rows[at], leg));
  }

  /** Write what each leg is worth in the middle of its book. */
  price(mids) {
    mids.forEach((mid, at) => write(this.#body.rows[at].cells[3], price(mid)));
  }

  #made({ symbol }) {
    const made = document.importNode(this.#template.content.firstElementChild, true);
    made.dataset.symbol = symbol;
    const name = instrument(symbol);
    made.querySelector("span").textContent = option(symbol)?.text.replace(/(.+) (\S+ \S)$/, "$2 · $1") ?? name;
    made.querySelector("[data-of=quantity]").setAttribute("aria-label", `Contracts of ${name}`);
    made.querySelector("[data-of=price]").setAttribute("aria-label", `Price of ${name}`);
    made.querySelector("[data-act=drop]").setAttribute("aria-label", `Remove ${name}`);
    return made;
  }

  #fill(made, leg) {
    const turn = made.querySelector("[data-act=turn]");
    write(turn, leg.quantity > 0 ? "Buy" : "Sell");
    mark(turn, "data-way", wayOf(leg.quantity));
    turn.setAttribute("aria-label", `${turn.textContent} ${instrument(leg.symbol)}: turn round`);
    const texts = { quantity: String(Math.abs(leg.quantity)), price: leg.price == null ? "" : leg.price.toFixed(4).replace(/0{1,2}$/, "") };
    for (const [name, words] of Object.entries(texts)) {
      const input = made.querySelector(`[data-of=${name}]`);
      if (input !== document.activeElement && input.value !== words) input.value = words;
    }
  }
}
