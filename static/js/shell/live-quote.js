// <live-quote symbol="QQQ" [titled] [follows]>: price, change, book, source and age of one symbol; with `titled`, in
// the title of the page too; with `follows`, of the symbol that the page is about.

import { circumstances, renderer, store } from "../core/page.js";
import { age, arrow, change, count, direction, isKnown, MISSING, percent, price, source } from "../core/format.js";
import { markOf, quoteVerdict } from "../core/freshness.js";
import { icon } from "./favicon.js";
import { onFocus } from "../core/focus.js";
import { mark } from "../core/render.js";
import { slotName } from "../stream/store.js";
import { SymbolElement } from "../core/symbol-element.js";

/** The title moves at most this often (ms): it is read, not watched. */
const TITLE_MS = 1_000;

class LiveQuote extends SymbolElement {
  #before = null;
  #title = document.title;
  #titledAt = 0;
  #titledState = "";

  #stopFollowing = () => {};

  get hears() {
    return [...super.hears, ...["day", "profile"].map((type) => slotName(type, this.symbol))];
  }

  connectedCallback() {
    super.connectedCallback();
    if (this.hasAttribute("follows")) this.#stopFollowing = onFocus((symbol) => this.#follow(symbol));
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#stopFollowing();
  }

  #follow(symbol) {
    this.setAttribute("symbol", symbol);
    this.#before = null;
    this.start();
    renderer.hurry();
  }

  paint() {
    const around = circumstances();
    const [quote, day, profile] = ["quote", "day", "profile"].map((type) => store.get(type, this.symbol));
    const { value, used } = markOf(quote);
    const verdict = quoteVerdict(quote, around, profile);
    this.judge(verdict);
    this.toggleAttribute("data-empty", !quote);
    mark(this, "data-way", direction(quote?.change));
    this.show({
      symbol: this.symbol,
      name: profile?.description ?? "",
      price: price(value),
      used,
      arrow: arrow(quote?.change),
      move: move(quote),
      percent: percent(quote?.change_percentage),
      bid: price(quote?.bid),
      ask: price(quote?.ask),
      bid_size: count(quote?.bid_size),
      ask_size: count(quote?.ask_size),
      range: range(day),
      source: quote ? source(quote.source) + by(quote, around.links) : "",
      age: age(quote && around.now - quote.at),
    });
    this.flash("price", this.#before, value);
    this.#before = value;
    if (this.hasAttribute("titled") && quote) this.#entitle(quote, value, verdict);
  }

  #entitle(quote, value, { state }) {
    const now = performance.now();
    if (now - this.#titledAt < TITLE_MS && state === this.#titledState) return;
    this.#titledAt = now;
    this.#titledState = state;
    const text = `${price(value)} ${arrow(quote.change)} ${percent(quote.change_percentage)} ${this.symbol}`;
    mark(document.querySelector("link[rel=icon]"), "href", icon(direction(quote.change), state === "live"));
    document.title = `${state === "live" ? "●" : "○"} ${text} · ${this.#title}`;
  }
}

/** "+0.74 (+0.16%)", as far as it is known. */
function move(quote) {
  if (!isKnown(quote?.change_percentage)) return change(quote?.change);
  return `${change(quote.change)} (${percent(quote.change_percentage)})`;
}

/** " by Main" where more than one link may feed: by which one this price came. */
function by(quote, links) {
  const label = links.length > 1 && links.find((one) => one.link === quote.link)?.label;
  return label ? ` by ${label}` : "";
}

/** The day's low and high, or nothing when neither is known. */
const range = (day) => (isKnown(day?.low) || isKnown(day?.high) ? `${price(day.low)} – ${price(day.high)}` : MISSING);

customElements.define("live-quote", LiveQuote);
