// The newest headline of a symbol, beside its quote: asked for when the symbol comes into focus, and every minute.

import { age, isKnown } from "../core/format.js";
import { clock } from "../core/page.js";
import { write } from "../core/render.js";
import { fetched } from "../transports/http.js";

const EVERY_MS = 60_000;
const FRESH_MS = 86_400_000;

export class NewestHeadline {
  #line;
  #symbol = "";
  #item = null;
  #timer = 0;

  /** `line` holds an <a> and an <small> for the age; it is hidden while there is nothing of 24 hours. */
  constructor(line) {
    this.#line = line;
  }

  /** Show what is new of `symbol` from now on. */
  follow(symbol) {
    if (!this.#line || symbol === this.#symbol) return;
    this.#symbol = symbol;
    this.#item = null;
    this.paint();
    this.stop();
    this.#timer = setInterval(() => document.hidden || this.#ask(), EVERY_MS);
    this.#ask();
  }

  stop() {
    clearInterval(this.#timer);
  }

  async #ask() {
    const symbol = this.#symbol;
    const answer = await fetched(`/news/headlines?symbol=${encodeURIComponent(symbol)}&limit=1`);
    if (symbol !== this.#symbol) return;
    this.#item = answer?.body?.articles?.[0] ?? null;
    this.paint();
  }

  paint() {
    if (!this.#line) return;
    const old = clock.now() - (this.#item?.received_at ?? NaN);
    this.#line.hidden = !(isKnown(old) && old < FRESH_MS);
    if (this.#line.hidden) return;
    const link = this.#line.querySelector("a");
    write(link, this.#item.headline);
    if (this.#item.url) link.href = this.#item.url;
    else link.removeAttribute("href");
    write(this.#line.querySelector("small"), `${this.#item.source_name}, ${age(old)} ago`);
  }
}
