// <quote-detail symbol="QQQ">: all that is known of the symbol the page is about, each part with its age.

import { circumstances, renderer, store } from "../core/page.js";
import { age, arrow, direction, source } from "../core/format.js";
import { feeders, quoteVerdict } from "../core/freshness.js";
import { facts, times } from "./detail.js";
import { focused, onFocus } from "../core/focus.js";
import { mark } from "../core/render.js";
import { slotName } from "../stream/store.js";
import { SymbolElement } from "../core/symbol-element.js";
import { NewestHeadline } from "./newest-headline.js";

const TYPES = ["quote", "day", "underlying", "profile"];

class QuoteDetail extends SymbolElement {
  #before = null;
  #stopFollowing = () => {};
  #headline = null;

  get demand() {
    return { ...super.demand, underlyings: [this.symbol] };
  }

  get hears() {
    return [...super.hears, ...TYPES.slice(1).map((type) => slotName(type, this.symbol))];
  }

  connectedCallback() {
    super.connectedCallback();
    this.#headline = new NewestHeadline(this.querySelector("[data-part=headline]"));
    this.#headline.follow(this.symbol);
    this.#stopFollowing = onFocus((symbol) => this.#follow(symbol));
    const symbol = focused();
    if (symbol && symbol !== this.symbol) this.#follow(symbol);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#stopFollowing();
    this.#headline?.stop();
  }

  #follow(symbol) {
    this.setAttribute("symbol", symbol);
    this.#headline?.follow(symbol);
    this.#before = null;
    this.start();
    renderer.hurry();
  }

  paint() {
    const around = circumstances();
    const slots = TYPES.map((type) => store.get(type, this.symbol));
    const [quote, , , profile] = slots;
    const texts = facts(...slots);
    this.judge(quoteVerdict(quote, around, profile));
    this.toggleAttribute("data-empty", !quote);
    mark(this, "data-way", direction(quote?.change));
    this.show({ ...texts, symbol: this.symbol, arrow: arrow(quote?.change) });
    for (const [name, at] of Object.entries(times(...slots))) this.show({ [`${name}_age`]: at ? age(around.now - at) : "" });
    this.show({ source: quote ? source(quote.source) : "", link: quote ? feeders([quote], around.links) : "" });
    const value = quote?.last ?? null;
    this.#headline?.paint();
    this.flash("price", this.#before, value);
    this.#before = value;
  }
}

customElements.define("quote-detail", QuoteDetail);
