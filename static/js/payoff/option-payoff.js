// <option-payoff symbol="QQQ" data-rate="0.04">: what the legs that were clicked in a chain earn together, by price, day and
// volatility. Everything is reckoned here, from the quotes and volatilities that the legs have now.

import { circumstances, clock, connection, renderer, store } from "../core/page.js";
import { fixed, instrument } from "../core/format.js";
import { hasBook, quoteVerdict, together } from "../core/freshness.js";
import { sourcesOf } from "../options/greeks.js";
import { Legs } from "./legs.js";
import { spot as spotOf } from "../options/strikes.js";
import { cost, firstEnd, greeks, outcome, probability, profit } from "./payoff.js";
import { lacking, matrixOf, pointsOf, rangeOf, sentence, figures } from "./view.js";
import { impliedDividend, yearsUntil } from "../options/pricing.js";
import { nameOf } from "./strategies.js";
import { keptOf, save } from "./leg-storage.js";
import { notify } from "../core/announcements.js";
import { PayoffChart } from "./chart.js";
import { LegRows, SCALES, showCurve, showMatrix } from "./tables.js";
import { SymbolElement } from "../core/symbol-element.js";

const DAY_MS = 86_400_000;
/** Prices move all the time; what follows from them is reckoned anew this often (ms). */
const RECKON_MS = 500;
/** A forward may be so far from the underlying, as a fraction; else the quotes are of different moments. */
const SANE = 0.2;
const DATE = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "America/New_York" });

class OptionPayoff extends SymbolElement {
  #legs = new Legs();
  #pairs = new Map();
  #stopWatching = () => {};
  #rows;
  #chart;
  #reckonedAt = 0;
  #size = new ResizeObserver(() => this.#soon());

  connectedCallback() {
    super.connectedCallback();
    this.#rows = new LegRows(this.querySelector(".payoff-legs table"), this.querySelector("template"));
    this.#chart = new PayoffChart(this.querySelector("svg"));
    this.#size.observe(this.querySelector("svg"));
    this.addEventListener("click", ({ target }) => this.#act(target.closest("[data-act]")));
    this.addEventListener("input", ({ target }) => this.#edit(target));
    this.addEventListener("focusout", () => this.#rows.show(this.#legs.all));
    this.querySelector("details").addEventListener("toggle", () => this.#soon());
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#stopWatching();
    this.#size.disconnect();
  }

  /** How many contracts there are of each option, sold ones negative. */
  get quantities() {
    return new Map(this.#legs.all.map(({ symbol, quantity }) => [symbol, quantity]));
  }

  /**
   * One contract more (`way` 1) or less (-1) of an option {symbol, right, strike, ends, multiplier}, at the price that is
   * known, else `shown`. `pair` is the call and the put at the money of its expiration {strike, call, put}: they say what
   * the underlying yields.
   */
  deal({ shown, ...option }, way, pair) {
    const quote = store.get("quote", option.symbol);
    if (pair) this.#pairs.set(option.ends, pair);
    this.#legs.trade(option, way, (way > 0 ? quote?.ask : quote?.bid) ?? shown);
    this.#changed();
  }

  /** Take up the legs that were kept of this symbol. */
  recall() {
    const { legs, pairs } = keptOf(this.symbol);
    this.#legs.adopt(legs);
    this.#pairs = new Map(pairs);
    if (!this.#end(clock.now())) this.#changed();
  }

  paint() {
    if (this.hidden) return;
    const around = circumstances();
    const quotes = this.#legs.all.map(({ symbol }) => store.get("quote", symbol));
    this.judge(together([store.get("quote", this.symbol), ...quotes].map((quote) => quoteVerdict(quote, around))));
    if (performance.now() - this.#reckonedAt < RECKON_MS) return;
    this.#reckonedAt = performance.now();
    if (this.#end(clock.now())) return;
    this.#rows.price(quotes.map(midOf));
    this.#reckon(clock.now());
  }

  #soon() {
    this.#reckonedAt = 0;
    renderer.mark(this);
    renderer.hurry();
  }

  // What is chosen

  #act(button) {
    const symbol = button?.closest("[data-symbol]")?.dataset.symbol;
    const leg = this.#legs.all.find((one) => one.symbol === symbol);
    if (button?.dataset.act === "turn") this.#legs.change(symbol, { quantity: -leg.quantity });
    else if (button?.dataset.act === "drop") this.#legs.drop(symbol);
    else if (button?.dataset.act === "clear") this.#legs.clear();
    else if (button?.dataset.act === "mid")
      for (const one of this.#legs.all) this.#legs.change(one.symbol, { price: midOf(store.get("quote", one.symbol)) });
    if (button) this.#changed();
  }

  #edit(input) {
    const { symbol } = input.closest("[data-symbol]")?.dataset ?? {};
    const leg = this.#legs.all.find((one) => one.symbol === symbol);
    if (!leg) return this.#soon();
    const number = input.value.trim() === "" ? null : Number(input.value);
    if (input.dataset.of === "price") this.#legs.change(symbol, { price: number });
    else if (Number.isInteger(number) && number > 0) this.#legs.change(symbol, { quantity: number * Math.sign(leg.quantity) });
    return this.#changed();
  }

  /** Drop legs that have ended, and say so. Returns whether there were any. */
  #end(now) {
    const names = this.#legs.expire(now).map(({ symbol }) => instrument(symbol));
    if (names.length === 0) return false;
    notify("alerts", `No part of the payoff any more, because it has ended: ${names.join(", ")}.`);
    this.#changed();
    return true;
  }

  /** The legs are others: save them, watch them, and show what they come to. */
  #changed() {
    const legs = this.#legs.all;
    const ends = new Set(legs.map((leg) => leg.ends));
    for (const end of this.#pairs.keys()) if (!ends.has(end)) this.#pairs.delete(end);
    save(this.symbol, legs, [...this.#pairs]);
    const options = legs.map(({ symbol }) => symbol);
    const pairs = [...this.#pairs.values()].flatMap(({ call, put }) => [call, put]).filter(Boolean);
    const stop = connection.subscribe({ quotes: [...options, ...pairs], greeks: options });
    this.#stopWatching();
    this.#stopWatching = stop;
    this.hidden = legs.length === 0;
    this.#rows.show(legs);
    this.dispatchEvent(new CustomEvent("legs", { bubbles: true }));
    this.#soon();
  }

  // What they come to

  #reckon(now) {
    const rate = Number(this.dataset.rate);
    const spot = spotOf(store.get("quote", this.symbol));
    const legs = this.#legs.all.map((leg) => this.#known(leg, spot, now, rate));
    const at = this.#date(legs, now);
    const found = outcome(legs, rate);
    const words = figures(found, cost(legs), probability(legs, found, spot, now, rate));
    const [day, ends] = [at === now ? "today" : `on ${DATE.format(at)}`, DATE.format(firstEnd(legs))];
    const earned = spot === null ? null : profit(legs, spot, at, rate);
    this.show({ name: nameOf(legs), ...words, day, when: day, column: day, lacks: lacking(legs, spot, this.symbol) });
    this.show({ said: sentence(nameOf(legs), this.symbol, words, ends, day, earned) });
    const { greeks: source } = sourcesOf(this.#legs.all.map(({ symbol }) => store.get("greeks", symbol)), [], now);
    this.show({ how: `${source} · money at ${fixed(rate * 100, 2)}% · as European options, without fees` });
    this.#showGreeks(spot === null ? {} : greeks(legs, spot, at, rate));
    this.#draw(legs, found?.breakevens ?? [], { spot, at, now, rate, day });
  }

  #draw(legs, breakevens, { spot, at, now, rate, day }) {
    const points = pointsOf(legs, breakevens, rangeOf(legs, breakevens, spot, now), at, rate);
    const strikes = legs.map(({ strike }) => strike);
    const label = `Profit by the price of ${this.symbol}; the table below has the figures`;
    this.#chart.draw({ points, spot, breakevens, strikes, label, then: day });
    showMatrix(this.querySelector(".matrix"), matrixOf(legs, spot, now, at, rate, SCALES), spot);
    if (this.querySelector("details").open) showCurve(this.querySelector(".curve"), points.filter((_, place) => place % 6 === 0));
  }

  #showGreeks({ delta, gamma, theta, vega }) {
    this.show({ delta: fixed(delta, 1), gamma: fixed(gamma, 2), theta: fixed(theta, 2), vega: fixed(vega, 2) });
  }

  /** A leg with the volatility it has now, and what its underlying yields until it ends. */
  #known(leg, spot, now, rate) {
    const iv = store.get("greeks", leg.symbol)?.iv ?? null;
    return { ...leg, iv, dividend: this.#yield(this.#pairs.get(leg.ends), spot, yearsUntil(leg.ends, now), rate) };
  }

  #yield(pair, spot, years, rate) {
    const [call, put] = [pair?.call, pair?.put].map((symbol) => midOf(store.get("quote", symbol)));
    if (call === null || put === null || spot === null) return rate;
    const found = impliedDividend(call, put, spot, pair.strike, years, rate);
    return found !== null && Math.abs(rate - found) * years < SANE ? found : rate;
  }

  /** The moment that is chosen: now, a day, or when the first leg ends. */
  #date(legs, now) {
    const [slider, end] = [this.querySelector("[data-of=date]"), firstEnd(legs)];
    slider.max = Math.max(1, Math.ceil((end - now) / DAY_MS));
    const at = Math.min(end, now + Number(slider.value) * DAY_MS);
    slider.setAttribute("aria-valuetext", at === now ? "today" : DATE.format(at));
    return at;
  }
}

const midOf = (quote) => (hasBook(quote) ? (quote.bid + quote.ask) / 2 : null);

customElements.define("option-payoff", OptionPayoff);
