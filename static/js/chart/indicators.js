// Indicators over the bars of a chart, worked out bar by bar by trading-signals: a bar that changes replaces its last
// value, one that comes adds a value. Only a change further back (a late correction) works all out anew. Pure.

import { BollingerBands, EMA, MACD, RSI, SMA, VWAP } from "../../vendor/trading-signals-8.3.0/trading-signals.js";
import { exchangeDay } from "./sessions.js";

const ofClose = (indicator) => (bar, isAgain) => {
  const value = indicator.update(bar.close, isAgain);
  return [indicator.isStable ? value : null];
};

function bands() {
  const indicator = new BollingerBands(20, 2);
  return (bar, isAgain) => {
    const found = indicator.update(bar.close, isAgain);
    return found ? [found.upper, found.middle, found.lower] : [null, null, null];
  };
}

function macd() {
  const indicator = new MACD(new EMA(12), new EMA(26), new EMA(9));
  return (bar, isAgain) => {
    const found = indicator.update(bar.close, isAgain);
    return found ? [found.macd, found.signal, found.histogram] : [null, null, null];
  };
}

/** Since the exchange's midnight; by the venue's own average price of a bar where it tells that. */
function vwap() {
  let [day, indicator] = [null, null];
  return (bar, isAgain) => {
    if (exchangeDay(bar.time) !== day) [day, indicator] = [exchangeDay(bar.time), new VWAP()];
    const { volume, vwap: price } = bar;
    const typical = price == null ? bar : { high: price, low: price, close: price };
    return [indicator.update({ high: typical.high, low: typical.low, close: typical.close, volume }, isAgain)];
  };
}

const hasClose = (bar) => bar.close != null;
const hasVolume = (bar) => bar.volume > 0 && (bar.vwap ?? bar.close) != null;

/** All there are, by name. `pane` is 0 with the prices; `lines` names the values, a histogram is drawn as one. */
export const INDICATORS = {
  sma20: { label: "SMA 20", pane: 0, lines: ["SMA 20"], make: () => ofClose(new SMA(20)), takes: hasClose },
  sma50: { label: "SMA 50", pane: 0, lines: ["SMA 50"], make: () => ofClose(new SMA(50)), takes: hasClose },
  ema9: { label: "EMA 9", pane: 0, lines: ["EMA 9"], make: () => ofClose(new EMA(9)), takes: hasClose },
  ema21: { label: "EMA 21", pane: 0, lines: ["EMA 21"], make: () => ofClose(new EMA(21)), takes: hasClose },
  vwap: { label: "VWAP", pane: 0, lines: ["VWAP"], make: vwap, takes: hasVolume, isOfDays: false },
  bands: { label: "Bollinger 20, 2", pane: 0, lines: ["Upper", "Middle", "Lower"], make: bands, isOneInk: true, takes: hasClose },
  rsi: { label: "RSI 14", pane: 1, lines: ["RSI 14"], make: () => ofClose(new RSI(14)), takes: hasClose },
  macd: { label: "MACD 12, 26, 9", pane: 1, lines: ["MACD", "Signal", "Histogram"], make: macd, takes: hasClose },
};

/** How many colours lines are drawn in. */
const INKS = 5;

/** Which colour each is drawn in: [{name, ink: 1 to 5}, …]. One of several lines goes on with the colours after its own. */
export function inks(names) {
  let used = 0;
  return names.map((name) => {
    const ink = (used % INKS) + 1;
    used += name === "macd" ? 2 : 1;
    return { name, ink };
  });
}

export class Indicator {
  /** The values of each bar, an array by line; null where there is none yet. */
  rows = [];

  #kind;
  #next;
  #isFed = false;

  constructor(name) {
    this.#kind = INDICATORS[name];
    this.#next = this.#kind.make();
  }

  /** Follow bars that are other than before from index `from` on. Returns from which row on these are others. */
  update(bars, from = 0) {
    const newest = this.rows.length - 1;
    const isTold = from > newest || (from === newest && this.#kind.takes(bars[newest] ?? {}) >= this.#isFed);
    if (!isTold || bars.length < this.rows.length) this.#start();
    const start = Math.min(from, this.rows.length);
    for (let at = start; at < bars.length; at += 1) this.#apply(bars[at], at < this.rows.length && this.#isFed, at);
    return start;
  }

  #start() {
    this.rows = [];
    this.#next = this.#kind.make();
    this.#isFed = false;
  }

  #apply(bar, isAgain, at) {
    this.#isFed = this.#kind.takes(bar);
    this.rows[at] = this.#isFed ? this.#next(bar, isAgain) : this.#kind.lines.map(() => null);
  }
}
