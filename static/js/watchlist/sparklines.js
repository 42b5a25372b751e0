// Asks for the day of each symbol of a list that has a quote, one after the other: the venue answers few such questions a
// minute, and charts and chains have more need of them.

import { stored, recalled } from "./sparkline-storage.js";
import { fetched } from "../transports/http.js";

const KEPT = "tapedeck.days";

/** So many are asked for at once after another, then one every while (ms). */
const FIRST = 12;
const BETWEEN_MS = 5_000;
/** Five minutes each: a day of all hours. */
const BARS = 192;

export class DayLines {
  #asked = new Set();
  #waiting = [];
  #count = 0;
  #timer = 0;
  #isAsking = false;

  /** Have these rows filled, the first ones first; rows that are gone by then are passed over. */
  fill(rows) {
    const text = sessionStorage.getItem(KEPT);
    this.#waiting = rows.filter((row) => {
      if (this.#asked.has(row.symbol)) return false;
      const day = recalled(text, row.symbol, Date.now());
      if (!day) return true;
      this.#asked.add(row.symbol);
      row.fill(day);
      return false;
    });
    this.#next();
  }

  close() {
    this.#waiting = [];
    clearTimeout(this.#timer);
    this.#timer = 0;
  }

  #next() {
    if (this.#isAsking || this.#timer || this.#waiting.length === 0) return;
    if (this.#count < FIRST) this.#request();
    else this.#later(BETWEEN_MS);
  }

  #later(wait) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      if (this.#waiting.length) this.#request();
    }, wait);
  }

  async #request() {
    const at = this.#waiting.findIndex((one) => one.slot("quote"));
    const [row] = at < 0 ? [] : this.#waiting.splice(at, 1);
    if (!row) return this.#later(BETWEEN_MS);
    this.#isAsking = true;
    this.#asked.add(row.symbol);
    this.#count += 1;
    const address = `/api/charts/${encodeURIComponent(row.symbol)}?interval=5m&limit=${BARS}`;
    const answer = await fetched(address);
    this.#isAsking = false;
    if (answer?.status === 200) {
      row.fill(answer.body.candles);
      sessionStorage.setItem(KEPT, stored(sessionStorage.getItem(KEPT), row.symbol, answer.body.candles, Date.now()));
    } else if (answer?.status === 429) {
      this.#asked.delete(row.symbol);
      this.#waiting.push(row);
      this.#later(Math.max(answer.least ?? 0, BETWEEN_MS));
    }
    return this.#next();
  }
}
