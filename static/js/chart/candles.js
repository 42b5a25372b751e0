// The bars of a chart: a history that was asked for and what the stream shows, joined by the rule of docs/protocol.md.
// Pure. A bar is {time (ms), open, high, low, close, volume, vwap, trades}; a slot is the newest bar with its `earlier`.

const MINUTE = 60_000;

/** How long a bar is (ms). */
export const LENGTHS = { "1m": MINUTE, "5m": 5 * MINUTE, "15m": 15 * MINUTE, "1h": 60 * MINUTE, "1d": 1_440 * MINUTE };

const FIELDS = ["time", "open", "high", "low", "close", "volume", "vwap", "trades"];

const shown = (slot) => [...(slot.earlier ?? []), slot];
const note = (slot) => slot && { revised_at: slot.revised_at, mark: shown(slot).at(-2)?.time ?? slot.time };
const holds = (slot, noted) =>
  slot?.revised_at === noted?.revised_at && !slot === !noted && (!slot || shown(slot)[0].time <= noted.mark);
const plain = (bar) => Object.fromEntries(FIELDS.map((name) => [name, bar[name] ?? null]));
const areSame = (one, other) => FIELDS.every((name) => (one[name] ?? null) === (other[name] ?? null));

/** Where `time` is among bars, or would be. */
export function place(bars, time) {
  let [low, high] = [0, bars.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (bars[middle].time < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * How bars became others: `from` is the first that differs, `isGrowth` that none came or went but at the end; `filled`
 * are those before `time` that are new or other than they were.
 */
export function difference(before, after, time = Infinity) {
  let from = 0;
  while (from < before.length && from < after.length && areSame(before[from], after[from])) from += 1;
  const rest = before.slice(from);
  const isGrowth = rest.length <= after.length - from && rest.every((bar, at) => bar.time === after[from + at].time);
  const known = new Map(before.map((bar) => [bar.time, bar]));
  const missed = after.slice(from, place(after, time)).filter(({ time: at }) => at > (before[0]?.time ?? Infinity));
  const filled = missed.filter((bar) => !known.has(bar.time) || !areSame(bar, known.get(bar.time))).length;
  return { from, isGrowth, filled };
}

export class Candles {
  /** Oldest first. */
  bars = [];
  /** Whether there may be older ones. */
  hasMore = false;
  isAsking = false;

  #noted;
  #ticket = 0;
  #isKnown = false;

  /** The history is asked for now, where the slot is this one. Returns what its answer must be given with. */
  request(slot) {
    this.#noted = note(slot);
    this.isAsking = true;
    this.#ticket += 1;
    return this.#ticket;
  }

  /** Whether an answer to the question of this ticket is still waited for; one to an older question says nothing. */
  awaits(ticket) {
    return this.isAsking && ticket === this.#ticket;
  }

  /** The history is here. Returns what `check` does. */
  answer(ticket, bars, hasMore, slot) {
    if (!this.awaits(ticket)) return { mustAsk: false, change: null };
    const before = this.bars;
    this.isAsking = false;
    this.#isKnown = true;
    this.bars = bars.map(plain);
    this.hasMore = hasMore;
    const { mustAsk } = this.check(slot);
    return { mustAsk, change: difference(before, this.bars, slot && shown(slot)[0].time) };
  }

  /** There is no answer to the question of this ticket: it must be asked again. */
  refused(ticket) {
    if (!this.awaits(ticket)) return;
    this.isAsking = false;
    this.#isKnown = false;
  }

  /** What is older came, to the question of the last ticket. Returns how many bars that are. */
  older(ticket, bars, hasMore) {
    if (this.isAsking || ticket !== this.#ticket) return 0;
    const first = this.bars[0]?.time ?? Infinity;
    const more = bars.filter(({ time }) => time < first).map(plain);
    this.bars = [...more, ...this.bars];
    this.hasMore = hasMore;
    return more.length;
  }

  /** What older bars are asked with. */
  get ticket() {
    return this.#ticket;
  }

  /** See the slot. Returns whether the history must be asked for (again), and the change of the bars, null without. */
  check(slot) {
    if (!(this.isAsking || this.#isKnown) || !holds(slot, this.#noted)) return { mustAsk: true, change: null };
    if (this.isAsking || !slot) return { mustAsk: false, change: null };
    this.#noted = note(slot);
    const newest = shown(slot).map(plain);
    const at = place(this.bars, newest[0].time);
    const rest = this.bars.splice(at, this.bars.length - at, ...newest);
    const { from, isGrowth } = difference(rest, newest);
    return { mustAsk: false, change: from < newest.length || !isGrowth ? { from: at + from, isGrowth, filled: 0 } : null };
  }

  /** Begin with another series. */
  clear() {
    this.bars = [];
    this.hasMore = false;
    this.isAsking = false;
    this.#isKnown = false;
    this.#noted = undefined;
    this.#ticket += 1;
  }
}
