// <price-chart symbol="QQQ" interval="5m" [follows] [remembers]>: bars and volume, live, with their past; with `follows`,
// of the symbol the page is focused on; with `remembers`, of the interval chosen last.

import { ChartBars } from "./bars.js";
import { ChartCanvas, loadCharts } from "./canvas.js";
import { closing, keys } from "./keys.js";
import { ChartLegend } from "./legend.js";
import { ChartTable } from "./table.js";
import { circumstances, renderer, store } from "../core/page.js";
import { arrow, direction, percent, price } from "../core/format.js";
import { markOf, quoteVerdict } from "../core/freshness.js";
import { LENGTHS } from "./candles.js";
import { chartVerdict, endText } from "./status-text.js";
import { onFocus } from "../core/focus.js";
import { onLooks } from "./looks.js";
import { INDICATORS, Indicator, inks } from "./indicators.js";
import { barZone, useBarZone } from "./sessions.js";
import { summary } from "./summary.js";
import { mark, write } from "../core/render.js";
import { slotName } from "../stream/store.js";
import { SymbolElement } from "../core/symbol-element.js";

const INTERVAL = "tapedeck.chart.interval";
const CHOSEN = "tapedeck.chart.indicators";
const SUMMARY_MS = 10_000;
/** Bars are drawn at most this often (ms): a picture costs more than a number. */
const DRAWN_MS = 180;

class PriceChart extends SymbolElement {
  #bars = new ChartBars(
    () => this.#slot,
    (change, isFirst) => this.#changedBars(change, isFirst),
    () => this.#hurry(),
  );
  #canvas = null;
  #legend;
  #table;
  #chosen = [];
  #indicators = [];
  #drawnAt = -Infinity;
  #later = 0;
  #summedAt = -Infinity;
  #stops = [];

  get interval() {
    return this.getAttribute("interval");
  }

  get demand() {
    const { symbol, interval } = this;
    return { quotes: [symbol], candles: [{ symbol, interval }], topics: ["links", "market", "portfolio"] };
  }

  get hears() {
    const { symbol, interval } = this;
    return [slotName("quote", symbol), slotName("candle", symbol, interval), "link", "market"];
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
    this.#observe();
    this.#draw();
  }

  /** Once, however often it is moved on its page. */
  #build() {
    this.#bars.open(this.symbol, this.interval);
    this.#legend = new ChartLegend(this);
    this.#table = new ChartTable(this.querySelector("tbody"), this.querySelector("template"));
    for (const radio of this.querySelectorAll("[name=interval]")) radio.checked = radio.value === this.interval;
    this.#choose((localStorage.getItem(CHOSEN) ?? "").split(" "));
    this.addEventListener("change", ({ target }) => this.#changed(target));
    this.addEventListener("submit", (event) => event.preventDefault());
    this.addEventListener("click", ({ target }) => this.#act(target.closest("[data-act]")?.dataset.act));
    keys(this.querySelector(".chart-box"), () => {
      const bars = this.#bars.all;
      return { canvas: this.#canvas, at: this.#legend.at(bars), count: bars.length };
    });
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    for (const stop of this.#stops) stop();
    clearTimeout(this.#later);
    this.#canvas?.close();
    this.#canvas = null;
  }

  /** Hear of other colours, of another focus, and of what closes the menu. */
  #observe() {
    const recolour = () => {
      this.#canvas?.recolour();
      renderer.mark(this);
      if (useBarZone(document.documentElement.dataset.zone)) this.#rezone();
    };
    useBarZone(document.documentElement.dataset.zone);
    this.#stops = [
      this.hasAttribute("follows") ? onFocus((symbol) => this.#follow(symbol)) : () => {},
      onLooks(recolour),
      closing(this.querySelector("details")),
    ];
  }

  async #draw() {
    const charts = await loadCharts();
    if (!this.isConnected || this.#canvas) return;
    this.#canvas = new ChartCanvas(charts, this.querySelector(".chart-host"), {
      crosshair: (time) => this.#point(time),
      older: () => this.#bars.askOlder(),
      moved: () => this.#showLive(),
    });
    this.#beginCanvas();
    this.#hurry();
  }

  paint() {
    const around = circumstances();
    const quote = store.get("quote", this.symbol);
    mark(this.querySelector("h2"), "data-way", direction(quote?.change));
    this.show({
      symbol: this.symbol,
      price: price(markOf(quote).value),
      move: `${arrow(quote?.change)} ${percent(quote?.change_percentage)}`.trim(),
    });
    this.judge(this.#verdict(around));
    const wait = this.#drawnAt + DRAWN_MS - performance.now();
    clearTimeout(this.#later);
    if (wait > 0) this.#later = setTimeout(() => renderer.mark(this), wait);
    else this.#paintBars(around);
  }

  #paintBars(around) {
    this.#drawnAt = performance.now();
    const isListed = store.get("profile", this.symbol)?.status !== "unlisted";
    this.#bars.check(around.socket.state === "open" && isListed);
    const bars = this.#bars.all;
    this.show({ ends: this.#bars.isKept ? "" : endText(bars.at(-1), this.#length, around.now) });
    this.judge(this.#verdict(around));
    this.#legend.show(bars, this.#length, this.#indicators);
    this.#showLive();
    if (this.hasAttribute("data-table") && bars.length) {
      this.#table.show(bars, this.#length);
      this.show({ zone: this.#length < LENGTHS["1d"] ? barZone() : "" });
    }
    if (bars.length && performance.now() - this.#summedAt > SUMMARY_MS) this.#sum();
  }

  /** Draw what changed of the bars. */
  #changedBars({ from, isGrowth }, isFirst) {
    const bars = this.#bars.all;
    for (const { indicator } of this.#indicators) indicator.update(bars, from);
    if (isGrowth && from > 0) this.#canvas?.update(bars, from);
    else this.#canvas?.set(bars);
    if (isFirst) this.#canvas?.goLive();
  }

  #rezone() {
    this.#canvas?.rezone();
    this.#hurry();
  }

  /** Paint with the next frame: something was chosen, or came after it was asked for. */
  #hurry() {
    this.#drawnAt = -Infinity;
    this.#summedAt = -Infinity;
    renderer.mark(this);
    renderer.hurry();
  }

  #beginCanvas() {
    this.#canvas?.open(this.symbol, this.#length, this.#bars.all, this.#indicators);
  }

  /** What is drawn, for what lies over it; `canvas` is null before there is a picture. */
  get view() {
    return { canvas: this.#canvas, symbol: this.symbol, bars: this.#bars.all, length: this.#length };
  }

  /** Begin with another symbol or interval. */
  #restart() {
    this.#bars.open(this.symbol, this.interval);
    this.#indicators = [];
    this.#choose(this.#chosen);
    this.#legend.point(null);
    this.#beginCanvas();
    this.#table.clear();
    this.start();
    this.#hurry();
  }

  #follow(symbol) {
    if (!symbol || symbol === this.symbol) return;
    this.setAttribute("symbol", symbol);
    this.#restart();
  }

  // What is said of it

  #verdict(around) {
    const feed = quoteVerdict(this.#slot, around, store.get("profile", this.symbol));
    const { all, isAsking, isKept, refusal, filled } = this.#bars;
    const keptAt = isKept ? all.at(-1).time + this.#length : null;
    const known = { bars: all.length, isAsking, isWatched: Boolean(this.#slot), refusal, filled, keptAt };
    return chartVerdict(feed, known, around.now);
  }

  #sum() {
    this.#summedAt = performance.now();
    const [first, last] = this.#canvas?.seen ?? [0, Infinity];
    const bars = this.#bars.all.slice(first, last + 1);
    this.show({ summary: summary(this.symbol, this.interval, bars, this.#length, this.#bars.isKept) });
  }

  #showLive() {
    mark(this, "data-back", !this.#canvas || this.#canvas.isLive ? "" : "yes");
  }

  #point(time) {
    this.#legend.point(time);
    this.#legend.show(this.#bars.all, this.#length, this.#indicators);
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
      if (!known.has(one.name)) indicator.update(this.#bars.all);
      return { ...one, indicator };
    });
    this.#legend.name(this.#indicators);
  }

  #act(act) {
    if (act === "live") this.#canvas?.goLive();
    if (act !== "table") return;
    const isTable = this.toggleAttribute("data-table");
    write(this.querySelector("[data-act=table]"), isTable ? "As chart" : "As table");
    this.#hurry();
  }
}

customElements.define("price-chart", PriceChart);
