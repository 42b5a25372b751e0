// The bars of a chart as a table, the newest first, for who cannot see or use the picture.

import { count, price } from "../core/format.js";
import { barTime } from "./sessions.js";
import { write } from "../core/render.js";

/** So many bars. */
const ROWS = 50;

export class ChartTable {
  #body;
  #template;

  constructor(body, template) {
    this.#body = body;
    this.#template = template;
  }

  show(bars, length) {
    const newest = bars.slice(-ROWS).reverse();
    while (this.#body.rows.length > newest.length) this.#body.lastElementChild.remove();
    while (this.#body.rows.length < newest.length) this.#body.append(this.#template.content.cloneNode(true));
    newest.forEach((bar, at) => {
      const texts = [
        barTime(bar.time, length), ...[bar.open, bar.high, bar.low, bar.close].map(price), count(bar.volume),
      ];
      texts.forEach((text, column) => write(this.#body.rows[at].cells[column], text));
    });
  }

  clear() {
    this.#body.replaceChildren();
  }
}
