// The bars of a chart as they come: what the stream shows, the history that is asked for, and what is older.

import { history, older } from "./history.js";
import { clock } from "../core/page.js";
import { Candles } from "./candles.js";

/** How long a question waits for the series to be watched (ms): asked before, it would be asked again. */
const PATIENCE_MS = 1_500;
/** A history that was refused is asked for again after this time, at least (ms). */
const AGAIN_MS = 5_000;

export class ChartBars {
  /** Why there is no history; "" where there is. */
  refusal = "";
  /** What was filled in last after a gap: {bars, at}; null while nothing was. */
  filled = null;

  #candles = new Candles();
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
    return this.#candles.bars;
  }

  get isAsking() {
    return this.#candles.isAsking;
  }

  /** Begin with a series; none of the bars there are is its. */
  open(symbol, interval) {
    this.#candles.clear();
    this.#series = { symbol, interval };
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
    this.#bareAt = slot || !mayAsk ? null : (this.#bareAt ?? now);
    const isReady = slot || now - this.#bareAt > PATIENCE_MS;
    if (mustAsk && isReady && mayAsk && now >= this.#againAt) this.#request();
  }

  async #request() {
    const [candles, known] = [this.#candles, this.all];
    const ticket = candles.request(this.#slot());
    const found = await history(this.#series, known.length);
    if (!candles.awaits(ticket)) return;
    this.refusal = found.refusal ?? "";
    if (found.refusal) {
      candles.refused(ticket);
      this.#againAt = performance.now() + Math.max(AGAIN_MS, found.least);
    } else {
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
