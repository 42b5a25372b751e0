// The volatility at the money of every expiration of a chain: asked of the desk, which asks one option a day.

import { age, volatility } from "../core/format.js";
import { write } from "../core/render.js";
import { fetched } from "../transports/http.js";

/** Who passes an underlying on the way to another one does not ask about it (ms). */
const REST_MS = 1_000;
/** How often the desk is asked again (ms): it keeps what it was told for some minutes. */
const AGAIN_MS = 60_000;
/** How soon, while some are not known. */
const SOON_MS = 20_000;

export class ChainTerm {
  #days;
  #symbol = null;
  #told = [];
  #timer = 0;
  #asking = null;

  /** `days` is the fieldset with an input for each expiration. */
  constructor(days) {
    this.#days = days;
  }

  /** Ask about an underlying from now on, whose expirations stand there. */
  start(symbol) {
    this.stop();
    this.#symbol = symbol;
    if (this.#days.querySelector("input")) this.#timer = setTimeout(() => this.#request(symbol), REST_MS);
  }

  stop() {
    clearTimeout(this.#timer);
    this.#asking?.abort();
    this.#symbol = null;
    this.#told = [];
  }

  /** What is told of the ages of all, at a moment of the desk's clock; nothing while none is known. */
  ages(now) {
    const ages = this.#told.filter(({ at }) => at !== null).map(({ at }) => now - at);
    if (ages.length === 0) return "";
    const [least, most] = [age(Math.min(...ages)), age(Math.max(...ages))];
    return `IV by day ${least === most ? "" : `${least} to `}${most} old`;
  }

  async #request(symbol) {
    if (!document.hidden) {
      this.#asking = new AbortController();
      const { signal } = this.#asking;
      const answer = await fetched(`/api/options/volatility/${encodeURIComponent(symbol)}`, { signal });
      if (this.#symbol !== symbol) return;
      if (answer?.status === 200) this.#show(answer.body.expirations);
    }
    const isWhole = this.#told.length > 0 && this.#told.every(({ iv }) => iv !== null);
    this.#timer = setTimeout(() => this.#request(symbol), isWhole ? AGAIN_MS : SOON_MS);
  }

  #show(expirations) {
    this.#told = expirations;
    for (const { date, root, iv } of expirations) {
      const input = this.#days.querySelector(`[value="${CSS.escape(`${date} ${root}`)}"]`);
      const cell = input?.parentElement.querySelector("[data-iv]");
      if (cell) write(cell, volatility(iv));
    }
  }
}
