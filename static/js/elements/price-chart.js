// <price-chart symbol="QQQ" interval="5m" [follows] [remembers]>: bars and volume, live, with their past; with `follows`,
// of the symbol the page is focused on; with `remembers`, of the interval chosen last.

import { history, older } from "../chart-history.js";
import { closing, keys } from "../chart-keys.js";
import { ChartLegend } from "../chart-legend.js";
import { ChartTable } from "../chart-table.js";
import { circumstances, clock, renderer, store } from "../desk.js";
import { arrow, direction, isKnown, percent, price } from "../format.js";
import { markOf, quoteVerdict } from "../freshness.js";
import { Candles, LENGTHS } from "../lib/candles.js";
import { chartVerdict } from "../lib/chart-verdict.js";
import { onFocus } from "../lib/focus.js";
import { INDICATORS, Indicator, inks } from "../lib/indicators.js";
import { barZone, countdown, useBarZone } from "../lib/sessions.js";
import { summary } from "../lib/summary.js";
import { mark, write } from "../render.js";
import { slotName } from "../store.js";
import { SymbolElement } from "./symbol-element.js";

const INTERVAL = "tapedeck.chart.interval";
const CHOSEN = "tapedeck.chart.indicators";
/** How long the first question waits for the series to be watched (ms): asked before, it would be asked again. */
const PATIENCE_MS = 1_500;
/** A history that was refused is asked for again after this time, at least (ms). */
const AGAIN_MS = 5_000;
const SUMMARY_MS = 10_000;

class PriceChart extends SymbolElement {
  #candles = new Candles();
  #canvas = null;
  #legend;
  #table;
  #chosen = [];
  #indicators = [];
  #since = 0;
  #againAt = 0;
  #summedAt = -Infinity;
  #refusal = "";
  #isAskingOlder = false;
  #isHeldNew = true;
  #filled = null;
  #stops = [];

  get interval() {
    return this.getAttribute("interval");
  }

  get want() {
    const { symbol, interval } = this;
    return { quotes: [symbol], candles: [{ symbol, interval }], topics: ["links", "market", "portfolio"] };
  }

  get hears() {
    const { symbol, interval } = this;
    return [slotName("quote", symbol), slotName("candle", symbol, interval), "position", "link", "market"];
  }

  get #slot() {
    return store.get("candle", this.symbol, this.interval);
  }

  get #length() {
    return LENGTHS[this.interval];
  }

  connectedCallback() {
    const remembered = this.hasAttribute("remembers") && localStorage.getItem(INTERVAL);
    if (remembered in LENGTHS) this.setAttribute("interval", remembered);
    super.connectedCallback();
    if (!this.#legend) this.#build();
    this.#since = performance.now();
    this.#observe();
    this.#draw();
  }

  /** Once, however often it is moved on its page. */
  #build() {
    this.#legend = new ChartLegend(this);
    this.#table = new ChartTable(this.querySelector("tbody"), this.querySelector("template"));
    for (const radio of this.querySelectorAll("[name=interval]")) radio.checked = radio.value === this.interval;
    this.#choose((localStorage.getItem(CHOSEN) ?? "").split(" "));
    this.addEventListener("change", ({ target }) => this.#changed(target));
    this.addEventListener("submit", (event) => event.preventDefault());
    this.addEventListener("click", ({ target }) => this.#act(target.closest("[data-act]")?.dataset.act));
    keys(this.querySelector(".chart-box"), () => {
      const { bars } = this.#candles;
      return { canvas: this.#canvas, at: this.#legend.at(bars), count: bars.length };
    });
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    for (const stop of this.#stops) stop();
    this.#canvas?.end();
    this.#canvas = null;
  }

  /** Hear of other colours, of another focus, and of what closes the menu. */
  #observe() {
    const recolour = () => {
      this.#canvas?.recolour();
      if (useBarZone(document.documentElement.dataset.zone)) this.#rezone();
    };
    useBarZone(document.documentElement.dataset.zone);
    const looks = new MutationObserver(recolour);
    const dark = matchMedia("(prefers-color-scheme: dark)");
    looks.observe(document.documentElement, { attributes: true });
    dark.addEventListener("change", recolour);
    this.#stops = [
      this.hasAttribute("follows") ? onFocus((symbol) => this.#follow(symbol)) : () => {},
      () => looks.disconnect(),
      () => dark.removeEventListener("change", recolour),
      closing(this.querySelector("details")),
      store.listen("position", () => (this.#isHeldNew = true)),
    ];
  }

  async #draw() {
    const { ChartCanvas } = await import("../chart-canvas.js");
    if (!this.isConnected || this.#canvas) return;
    this.#canvas = new ChartCanvas(this.querySelector(".chart-host"), {
      crosshair: (time) => this.#point(time),
      older: () => this.#askOlder(),
      moved: () => this.#showLive(),
    });
    this.#beginCanvas();
    renderer.mark(this);
    renderer.hurry();
  }

  paint() {
    const around = circumstances();
    this.#look(around);
    const [bars, quote] = [this.#candles.bars, store.get("quote", this.symbol)];
    mark(this.querySelector("h2"), "data-way", direction(quote?.change));
    this.show({
      symbol: this.symbol,
      price: price(markOf(quote).value),
      move: `${arrow(quote?.change)} ${percent(quote?.change_percentage)}`.trim(),
      ends: this.#ends(around, bars.at(-1)),
      zone: this.#length < LENGTHS["1d"] ? barZone() : "",
    });
    this.judge(this.#verdict(around));
    this.#legend.show(bars, this.#length, this.#indicators);
    this.#showPositions();
    this.#showLive();
    if (this.hasAttribute("data-table") && bars.length) this.#table.show(bars, this.#length);
    if (bars.length && performance.now() - this.#summedAt > SUMMARY_MS) this.#sum();
  }

  // History and stream

  /** See what the stream shows, and ask for what it does not. */
  #look(around) {
    const { mustAsk, change } = this.#candles.look(this.#slot);
    if (change) this.#changedBars(change);
    const isReady = this.#slot || performance.now() - this.#since > PATIENCE_MS;
    const mayAsk = around.socket.state === "open" && performance.now() >= this.#againAt;
    if (mustAsk && isReady && mayAsk) this.#ask();
  }

  async #ask() {
    const { bars } = this.#candles;
    const ticket = this.#candles.ask(this.#slot);
    const found = await history(this.symbol, this.interval, bars[0]?.time ?? null);
    if (!this.#candles.awaits(ticket)) return;
    this.#refusal = found.refusal ?? "";
    if (found.refusal) {
      this.#candles.refused(ticket);
      this.#againAt = performance.now() + Math.max(AGAIN_MS, found.least);
    } else {
      const { change } = this.#candles.answer(ticket, found.candles, found.more, this.#slot);
      this.#changedBars(change);
      if (bars.length === 0) this.#canvas?.goLive();
      else if (change.filled) this.#filled = { bars: change.filled, at: clock.now() };
      this.#summedAt = -Infinity;
    }
    renderer.mark(this);
  }

  async #askOlder() {
    const { bars, hasMore, isAsking, ticket } = this.#candles;
    if (this.#isAskingOlder || !hasMore || isAsking || bars.length === 0) return;
    this.#isAskingOlder = true;
    const found = await older(this.symbol, this.interval, bars[0].time);
    this.#isAskingOlder = false;
    if (found.refusal || !this.#candles.older(ticket, found.candles, found.more)) return;
    this.#changedBars({ from: 0, isGrowth: false });
  }

  #changedBars({ from, isGrowth }) {
    const { bars } = this.#candles;
    for (const { indicator } of this.#indicators) indicator.follow(bars, from);
    if (isGrowth && from > 0) this.#canvas?.update(bars, from);
    else this.#canvas?.set(bars);
  }

  #rezone() {
    this.#canvas?.rezone();
    this.#summedAt = -Infinity;
    renderer.mark(this);
    renderer.hurry();
  }

  #beginCanvas() {
    this.#isHeldNew = true;
    this.#canvas?.begin(this.symbol, this.#length, this.#candles.bars, this.#indicators);
  }

  /** Begin with another symbol or interval. */
  #restart() {
    this.#candles.clear();
    this.#filled = null;
    this.#refusal = "";
    this.#againAt = 0;
    this.#since = performance.now();
    this.#summedAt = -Infinity;
    this.#indicators = [];
    this.#choose(this.#chosen);
    this.#legend.point(null);
    this.#beginCanvas();
    this.#table.clear();
    this.begin();
    renderer.hurry();
  }

  #follow(symbol) {
    if (!symbol || symbol === this.symbol) return;
    this.setAttribute("symbol", symbol);
    this.#restart();
  }

  // What is said of it

  #verdict(around) {
    const feed = quoteVerdict(this.#slot, around, store.get("profile", this.symbol));
    const { bars, isAsking } = this.#candles;
    const known = { bars: bars.length, isAsking, isWatched: Boolean(this.#slot) };
    return chartVerdict(feed, { ...known, refusal: this.#refusal, filled: this.#filled }, around.now);
  }

  #ends({ now }, bar) {
    if (!bar || this.#length >= LENGTHS["1d"]) return "";
    const left = countdown(bar.time, this.#length, now);
    return left ? `ends in ${left}` : "has ended";
  }

  #sum() {
    this.#summedAt = performance.now();
    const [first, last] = this.#canvas?.seen ?? [0, Infinity];
    this.show({ summary: summary(this.symbol, this.interval, this.#candles.bars.slice(first, last + 1), this.#length) });
  }

  #showPositions() {
    if (!this.#isHeldNew || !this.#canvas) return;
    this.#isHeldNew = false;
    const held = store.all("position").filter(({ symbol, quantity, average_price: at }) => {
      return symbol === this.symbol && quantity && isKnown(at);
    });
    const lines = held.map(({ quantity, average_price: at }) => {
      return { price: at, title: `${quantity > 0 ? "+" : "−"}${Math.abs(quantity)}`, way: quantity > 0 ? "up" : "down" };
    });
    this.#canvas.lines(lines);
  }

  #showLive() {
    mark(this, "data-back", !this.#canvas || this.#canvas.isLive ? "" : "yes");
  }

  #point(time) {
    this.#legend.point(time);
    this.#legend.show(this.#candles.bars, this.#length, this.#indicators);
  }

  // What is chosen

  #changed({ name, value }) {
    if (name === "interval") {
      this.setAttribute("interval", value);
      if (this.hasAttribute("remembers")) localStorage.setItem(INTERVAL, value);
      else this.#say("interval", value);
      this.#restart();
    } else if (name === "indicator") {
      const boxes = [...this.querySelectorAll("[name=indicator]:checked")];
      this.#choose(boxes.map((box) => box.value));
      localStorage.setItem(CHOSEN, this.#chosen.join(" "));
      this.#canvas?.indicate(this.#indicators);
      renderer.mark(this);
    }
  }

  /** Keep a choice in the address of the page. */
  #say(name, value) {
    const address = new URL(location.href);
    address.searchParams.set(name, value);
    window.history.replaceState(null, "", address);
  }

  /** Show these indicators, as far as bars of this length have them. */
  #choose(names) {
    this.#chosen = names.filter((name) => name in INDICATORS);
    for (const box of this.querySelectorAll("[name=indicator]")) box.checked = this.#chosen.includes(box.value);
    const isOfDays = this.#length >= LENGTHS["1d"];
    const fitting = this.#chosen.filter((name) => !isOfDays || INDICATORS[name].isOfDays !== false);
    const known = new Map(this.#indicators.map(({ name, indicator }) => [name, indicator]));
    this.#indicators = inks(fitting).map((one) => {
      const indicator = known.get(one.name) ?? new Indicator(one.name);
      if (!known.has(one.name)) indicator.follow(this.#candles.bars);
      return { ...one, indicator };
    });
    this.#legend.name(this.#indicators);
  }

  #act(act) {
    if (act === "live") this.#canvas?.goLive();
    if (act !== "table") return;
    const isTable = this.toggleAttribute("data-table");
    write(this.querySelector("[data-act=table]"), isTable ? "As chart" : "As table");
    renderer.mark(this);
    renderer.hurry();
  }
}

customElements.define("price-chart", PriceChart);
