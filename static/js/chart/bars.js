// The bars of a chart as they come: what the stream shows, the history that is asked for, and what is older; until there
// is any of it, what was last known.

import { history, kept, older } from "./history.js";
import { clock } from "../core/page.js";
import { Candles } from "./candles.js";

/** How long a question waits for the series to be watched (ms): asked before, it would be asked again. */
const PATIENCE_MS = 1_500;
/** What the desk keeps is asked for where there is no history after this time (ms). */
const KEPT_MS = 700;
/** A history that was refused is asked for again after this time, at least (ms). */
const AGAIN_MS = 5_000;

export class ChartBars {
  /** Why there is no history; "" where there is. */
  refusal = "";
  /** What was filled in last after a gap: {bars, at}; null while nothing was. */
  filled = null;

  #candles = new Candles();
  /** What was last known, shown until there is a history. */
  #kept = [];
  #openedAt = null;
  #series = {};
  #bareAt = null;
  #againAt = 0;
  #isAskingOlder = false;
  #slot;
  #changed;
  #told;

  /**
   * `slot()` is what the stream shows of the series. `changed({from, isGrowth}, isFirst)`: the bars are others; `told()`: a
   * question was answered, one way or another.
   */
  constructor(slot, changed, told) {
    this.#slot = slot;
    this.#changed = changed;
    this.#told = told;
  }

  /** Oldest first. */
  get all() {
    return this.#candles.bars.length ? this.#candles.bars : this.#kept;
  }

  /** Whether they are what was last known, and nothing of the venue's. */
  get isKept() {
    return this.all.length > 0 && this.all === this.#kept;
  }

  get isAsking() {
    return this.#candles.isAsking;
  }

  /** Begin with a series; none of the bars there are is its. */
  open(symbol, interval) {
    this.#candles.clear();
    this.#series = { symbol, interval };
    this.#kept = [];
    this.#openedAt = performance.now();
    this.refusal = "";
    this.filled = null;
    this.#againAt = 0;
    this.#bareAt = null;
  }

  /** See the slot of the series, and ask for what it does not show as soon as that `mayAsk`. */
  check(mayAsk) {
    const slot = this.#slot();
    const { mustAsk, change } = this.#candles.check(slot);
    if (change) this.#changed(change, false);
    const now = performance.now();
    if (this.#openedAt !== null && now - this.#openedAt > KEPT_MS && this.all.length === 0) this.#requestKept();
    this.#bareAt = slot || !mayAsk ? null : (this.#bareAt ?? now);
    const isReady = slot || now - this.#bareAt > PATIENCE_MS;
    if (mustAsk && isReady && mayAsk && now >= this.#againAt) this.#request();
  }

  /** Once for a series: it does not change while nothing streams. */
  async #requestKept() {
    const series = this.#series;
    this.#openedAt = null;
    const found = await kept(series);
    if (series !== this.#series || this.#candles.bars.length || !found.candles?.length) return;
    this.#kept = found.candles;
    this.#changed({ from: 0, isGrowth: false }, true);
    this.#told();
  }

  async #request() {
    const candles = this.#candles;
    const known = candles.bars;
    const ticket = candles.request(this.#slot());
    const found = await history(this.#series, known.length);
    if (!candles.awaits(ticket)) return;
    this.refusal = found.refusal ?? "";
    if (found.refusal) {
      candles.refused(ticket);
      this.#againAt = performance.now() + Math.max(AGAIN_MS, found.least);
    } else {
      this.#kept = [];
      const { change } = candles.answer(ticket, found.candles, found.more, this.#slot());
      if (known.length && change.filled) this.filled = { bars: change.filled, at: clock.now() };
      this.#changed(change, known.length === 0);
    }
    this.#told();
  }

  async askOlder() {
    const { bars, hasMore, isAsking, ticket } = this.#candles;
    if (this.#isAskingOlder || !hasMore || isAsking || bars.length === 0) return;
    this.#isAskingOlder = true;
    const found = await older(this.#series, bars[0].time);
    this.#isAskingOlder = false;
    if (found.refusal || !this.#candles.older(ticket, found.candles, found.more)) return;
    this.#changed({ from: 0, isGrowth: false }, false);
  }
}
