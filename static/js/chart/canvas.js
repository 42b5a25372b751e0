// What draws a chart: TradingView's Lightweight Charts, told of bars, indicators, lines and colours. The library is
// loaded when the first chart is there. Its own logo would bring an inline style, so the credit is a link of ours.

import { Shading } from "./shading.js";
import { fixed } from "../core/format.js";
import { INDICATORS } from "./indicators.js";
import { barTime, outside, shownTime, tick } from "./sessions.js";

/** So many bars to the left of what is seen must be there, or older ones are asked for. */
const AHEAD = 30;
/** Empty places to the right of the newest bar. */
const MARGIN = 4;
/** More changed bars than this are set anew, not one by one. */
const MANY = 20;
const INKS = ["--chart-1", "--chart-2", "--chart-3", "--chart-4", "--chart-5"];
const NAMED = ["--text", "--muted", "--line", "--panel", "--up", "--down", "--accent", "--raised", ...INKS];

const DAY_MS = 86_400_000;
/** A price on the axis; below a dollar its hundredths of a cent matter. */
const onAxis = (value) => fixed(value, Math.abs(value) < 1 ? 4 : 2);
const isWhole = ({ open, high, low, close }) => [open, high, low, close].every((value) => value != null);

/** Get what draws, which is half of all scripts. */
export const loadCharts = () => import("../../vendor/lightweight-charts-5.2.1/lightweight-charts.js");

export class ChartCanvas {
  #host;
  #charts;
  #chart;
  #prices;
  #volume;
  #lines = [];
  #positions = [];
  #shading = new Shading();
  #colours = {};
  #bars = [];
  #known = 0;
  #length = 0;
  #shift = 0;
  #symbol = "";
  #probe = document.createElement("i");

  /** `charts` is what loadCharts gave, `hears` is {crosshair(time or null), older(), moved()}: older bars are wanted,
   * or others are seen. */
  constructor(charts, host, hears) {
    [this.#charts, this.#host] = [charts, host];
    this.#probe.hidden = true;
    host.append(this.#probe);
    this.#chart = charts.createChart(host, {
      autoSize: true,
      layout: { attributionLogo: false, background: { color: "transparent" }, fontSize: 11 },
      localization: { priceFormatter: onAxis, timeFormatter: (time) => barTime(this.#meant(time), this.#length) },
      timeScale: {
        rightOffset: MARGIN,
        timeVisible: true,
        tickMarkFormatter: (time, kind) => tick(this.#meant(time), kind, this.#length),
      },
      crosshair: { mode: 0 },
      handleScroll: { vertTouchDrag: false },
    });
    this.#prices = this.#chart.addSeries(charts.CandlestickSeries, { borderVisible: false });
    this.#volume = this.#chart.addSeries(charts.HistogramSeries, {
      priceScaleId: "",
      priceFormat: { type: "volume" },
      priceLineVisible: false,
      lastValueVisible: false,
    });
    this.#volume.priceScale().applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } });
    this.#prices.attachPrimitive(this.#shading);
    this.#chart.subscribeCrosshairMove(({ time }) => hears.crosshair(time ? this.#meant(time) : null));
    this.#chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
      if (!range) return;
      if (range.from < AHEAD) hears.older();
      hears.moved();
    });
    this.recolour();
  }

  close() {
    this.#probe.remove();
    this.#chart.remove();
  }

  // Bars

  /** Write times on the clock that was chosen: the library begins a day at midnight of the time it is told. */
  #wind() {
    this.#shift = this.#length < DAY_MS ? shownTime(0, true) : 0;
  }

  /** Another clock was chosen. */
  rezone() {
    this.#wind();
    this.set(this.#bars);
  }

  /** Show other bars altogether: of a series, and the indicators that follow them. */
  open(symbol, length, bars, indicators) {
    [this.#symbol, this.#length] = [symbol, length];
    this.#wind();
    this.#chart.applyOptions({ timeScale: { timeVisible: length < DAY_MS } });
    this.#indicate(indicators);
    this.set(bars);
    this.goLive();
  }

  /** Show these bars; what is seen stays where it is, counted from the newest. */
  set(bars) {
    [this.#bars, this.#known] = [bars, bars.length];
    this.#prices.setData(bars.map((bar) => this.#candle(bar)));
    this.#volume.setData(bars.map((bar) => this.#traded(bar)));
    for (const line of this.#lines) line.series.setData(bars.map((bar, at) => this.#value(line, at)));
    this.#shade();
  }

  /** Bars are others from index `from` on; none came or went but at the end. */
  update(bars, from) {
    if (bars.length - from > MANY) return this.set(bars);
    const known = this.#known;
    [this.#bars, this.#known] = [bars, bars.length];
    for (let at = from; at < bars.length; at += 1) {
      const isOld = at < known - 1;
      this.#prices.update(this.#candle(bars[at]), isOld);
      this.#volume.update(this.#traded(bars[at]), isOld);
      for (const line of this.#lines) line.series.update(this.#value(line, at), isOld);
    }
    return bars.length > known && this.#shade();
  }

  /** A time (ms) as the library has it (s), and back. */
  #told(time) {
    return (time + this.#shift) / 1000;
  }

  #meant(time) {
    return time * 1000 - this.#shift;
  }

  #candle(bar) {
    const time = this.#told(bar.time);
    if (!isWhole(bar)) return { time };
    const { open, high, low, close } = bar;
    return { time, open, high, low, close };
  }

  #traded(bar) {
    const time = this.#told(bar.time);
    const color = this.#colours[bar.close < bar.open ? "--down" : "--up"].faint;
    return bar.volume == null ? { time } : { time, value: bar.volume, color };
  }

  #value({ indicator, at: line, isHistogram }, at) {
    const time = this.#told(this.#bars[at].time);
    const value = indicator.rows[at]?.[line] ?? null;
    if (value === null) return { time };
    return isHistogram ? { time, value, color: this.#colours[value < 0 ? "--down" : "--up"].faint } : { time, value };
  }

  #shade() {
    this.#shading.show(
      outside(this.#bars, this.#symbol, this.#length).map((ends) => ends.map((at) => this.#told(this.#bars[at].time))),
    );
  }

  // Indicators: [{name, ink, indicator}, …] in the order they were chosen

  /** Draw other indicators. */
  indicate(indicators) {
    this.#indicate(indicators);
    for (const line of this.#lines) line.series.setData(this.#bars.map((bar, at) => this.#value(line, at)));
  }

  #indicate(indicators) {
    for (const { series } of this.#lines) this.#chart.removeSeries(series);
    this.#lines = [];
    let pane = 0;
    for (const { name, ink, indicator } of indicators) {
      const kind = INDICATORS[name];
      if (kind.pane) pane += 1;
      kind.lines.forEach((title, at) => {
        const isHistogram = title === "Histogram";
        const token = isHistogram ? "" : INKS[(ink - 1 + (kind.isOneInk ? 0 : at)) % INKS.length];
        const series = this.#chart.addSeries(
          isHistogram ? this.#charts.HistogramSeries : this.#charts.LineSeries,
          { lineWidth: 1, priceLineVisible: false, lastValueVisible: false, crosshairMarkerVisible: false },
          kind.pane ? pane : 0,
        );
        this.#lines.push({ indicator, at, isHistogram, token, series });
      });
    }
    this.#chart.panes().forEach((one, at) => one.setStretchFactor(at ? 1 : 3.2));
    this.#ink();
  }

  // Lines at prices

  /** Draw lines at [{price, title, way}]. */
  lines(wanted) {
    const text = JSON.stringify(wanted);
    if (text === this.#positions.text) return;
    for (const line of this.#positions) this.#prices.removePriceLine(line);
    this.#positions = wanted.map(({ price: at, title, way }) =>
      this.#prices.createPriceLine({ price: at, title, color: this.#colours[`--${way}`].full, lineWidth: 1, lineStyle: 2 }),
    );
    this.#positions.text = text;
  }

  /** Have a primitive of the library drawn over the bars. */
  attach(primitive) {
    this.#prices.attachPrimitive(primitive);
  }

  // What is seen

  goLive() {
    this.#chart.timeScale().scrollToPosition(MARGIN, false);
  }

  /** Whether the newest bar is seen. */
  get isLive() {
    return this.#chart.timeScale().scrollPosition() > -1;
  }

  /** Point at a bar, from outside the regular use of a mouse, and have it seen. */
  point(at) {
    const [bar, range] = [this.#bars[at], this.#chart.timeScale().getVisibleLogicalRange()];
    if (!bar || !range) return;
    const by = at < range.from + 1 ? at - range.from - 1 : at > range.to - 1 ? at - range.to + 1 : 0;
    if (by) this.#chart.timeScale().setVisibleLogicalRange({ from: range.from + by, to: range.to + by });
    this.#chart.setCrosshairPosition(bar.close ?? 0, this.#told(bar.time), this.#prices);
  }

  pointNowhere() {
    this.#chart.clearCrosshairPosition();
  }

  /** See so many times as many bars. */
  zoom(factor) {
    const range = this.#chart.timeScale().getVisibleLogicalRange();
    if (!range) return;
    const width = Math.min(Math.max((range.to - range.from) * factor, 10), this.#bars.length + 10);
    this.#chart.timeScale().setVisibleLogicalRange({ from: range.to - width, to: range.to });
  }

  /** The first and the last bar that are seen, as indices. */
  get seen() {
    const range = this.#chart.timeScale().getVisibleLogicalRange();
    const last = this.#bars.length - 1;
    if (!range) return [0, last];
    return [Math.max(0, Math.ceil(range.from)), Math.min(last, Math.floor(range.to))];
  }

  // Colours: a canvas knows no tokens

  /** Take the colours of the page as they are now. Returns whether they are others. */
  recolour() {
    const found = Object.fromEntries(NAMED.map((name) => [name, this.#resolved(name)]));
    if (JSON.stringify(found) === JSON.stringify(this.#colours)) return false;
    this.#colours = found;
    const [text, line, up, down] = ["--muted", "--line", "--up", "--down"].map((name) => found[name].full);
    this.#chart.applyOptions({
      layout: {
        textColor: text,
        fontFamily: getComputedStyle(this.#host).fontFamily,
        panes: { separatorColor: line, separatorHoverColor: line },
      },
      grid: { vertLines: { color: line }, horzLines: { color: line } },
      rightPriceScale: { borderColor: line },
      timeScale: { borderColor: line },
      crosshair: {
        vertLine: { color: text, labelBackgroundColor: found["--accent"].full },
        horzLine: { color: text, labelBackgroundColor: found["--accent"].full },
      },
    });
    this.#prices.applyOptions({ upColor: up, downColor: down, wickUpColor: up, wickDownColor: down });
    this.#shading.colour(found["--muted"].shade);
    this.#ink();
    const lines = this.#positions.text;
    if (lines) {
      this.#positions.text = "";
      this.lines(JSON.parse(lines));
    }
    this.set(this.#bars);
    return true;
  }

  #ink() {
    for (const { series, token } of this.#lines) if (token) series.applyOptions({ color: this.#colours[token].full });
  }

  #resolved(name) {
    this.#probe.style.color = `var(${name})`;
    const full = getComputedStyle(this.#probe).color;
    const [red, green, blue] = full.match(/[\d.]+/g) ?? [128, 128, 128];
    const at = (alpha) => `rgba(${red}, ${green}, ${blue}, ${alpha})`;
    return { full: at(1), faint: at(0.45), shade: at(0.1) };
  }
}
