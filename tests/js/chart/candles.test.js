import { Candles, difference, place } from "../../../static/js/chart/candles.js";
import { claim, isTrue, same } from "../claims.js";

const MINUTE = 60_000;
const bar = (number, close = 1) => ({
  time: number * MINUTE, open: close, high: close, low: close, close, volume: 1, vwap: null, trades: 1,
});
const run = (from, to) => Array.from({ length: to - from + 1 }, (_, at) => bar(from + at));
const slot = (bars, revised_at = 1) => ({ ...bars.at(-1), earlier: bars.slice(-3, -1), revised_at });
const numbers = ({ bars }) => bars.map(({ time }) => time / MINUTE);

/** A chart that was told bars 1 to 10. */
function begun() {
  const candles = new Candles();
  candles.answer(candles.request(slot(run(1, 10))), run(1, 10), true, slot(run(1, 10)));
  return candles;
}

claim("a chart asks before it shows anything, and shows nothing of a stream it has no history for", () => {
  const candles = new Candles();
  same(candles.check(undefined), { mustAsk: true, change: null });
  const ticket = candles.request(slot(run(1, 10)));
  same(candles.check(slot(run(1, 10))), { mustAsk: false, change: null });
  same(candles.bars, []);
  same(candles.answer(ticket, run(1, 10), false, slot(run(1, 10))).change, { from: 0, isGrowth: true, filled: 0 });
  same(numbers(candles), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

claim("a bar that moves is one change, one that follows another, and what stays is none", () => {
  const candles = begun();
  same(candles.check(slot(run(1, 10))).change, null);
  same(candles.check(slot([...run(1, 9), bar(10, 5)])).change, { from: 9, isGrowth: true, filled: 0 });
  same(candles.check(slot([...run(1, 9), bar(10, 5), bar(11)])).change, { from: 10, isGrowth: true, filled: 0 });
  same(numbers(candles).at(-1), 11);
  same(candles.check(slot([...run(1, 9), bar(10, 6), bar(11)])).change, { from: 9, isGrowth: true, filled: 0 });
});

claim("two bars that ended unseen are asked for, and so is whatever was revised", () => {
  isTrue(!begun().check(slot(run(1, 11))).mustAsk);
  isTrue(begun().check(slot(run(1, 13))).mustAsk);
  isTrue(begun().check(slot(run(1, 10), 2)).mustAsk);
  isTrue(begun().check(undefined).mustAsk, "the slot is gone");
});

claim("what is filled in after a gap is counted, without the bars the stream shows", () => {
  const candles = begun();
  const ticket = candles.request(slot(run(1, 20), 2));
  const corrected = [...run(1, 7), bar(8, 9), ...run(9, 20)];
  const { change } = candles.answer(ticket, corrected, true, slot(corrected, 2));
  same(change, { from: 7, isGrowth: true, filled: 8 });
  same(numbers(candles).length, 20);
});

claim("an answer to an older question says nothing, and a refused one is asked again", () => {
  const candles = begun();
  const [old, now] = [candles.request(slot(run(1, 10))), candles.request(slot(run(1, 10), 2))];
  same(candles.answer(old, run(1, 3), false, undefined).change, null);
  same(numbers(candles).length, 10);
  candles.refused(old);
  isTrue(candles.isAsking);
  candles.refused(now);
  isTrue(candles.check(slot(run(1, 10), 2)).mustAsk);
});

claim("older bars come before those there are, once, and not to another question", () => {
  const candles = begun();
  const { ticket } = candles;
  same(candles.older(ticket, run(-4, 2), false), 5);
  same(numbers(candles), [-4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  isTrue(!candles.hasMore);
  candles.request(slot(run(1, 10), 2));
  same(candles.older(ticket, run(-9, -5), false), 0);
});

claim("a bar that came or went in the middle is no growth", () => {
  same(difference(run(1, 5), run(2, 5)).isGrowth, false);
  same(difference([bar(1), bar(3)], run(1, 3)).isGrowth, false);
  same(difference(run(1, 5), run(1, 4)).isGrowth, false);
  same(difference(run(1, 5), run(1, 5)), { from: 5, isGrowth: true, filled: 0 });
});

claim("the place of a time is where a bar of it is, or would be", () => {
  const bars = [bar(1), bar(3), bar(5)];
  same([0, 1, 2, 3, 6].map((number) => place(bars, number * MINUTE)), [0, 0, 1, 1, 3]);
});
