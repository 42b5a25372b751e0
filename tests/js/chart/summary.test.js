import { summary } from "../../../static/js/chart/summary.js";
import { claim, same } from "../claims.js";

const MINUTE = 60_000;
const bar = (at, open, high, low, close) => ({ time: Date.parse("2026-11-20T14:30Z") + at * 5 * MINUTE, open, high, low, close });

claim("a chart is one sentence: what, how many, from when to when, and how it went", () => {
  const bars = [bar(0, 100, 102, 99, 101), bar(1, 101, 103.5, 100, 100.5), bar(2, null, null, null, null)];
  same(
    summary("QQQ", "5m", bars, 5 * MINUTE),
    "QQQ, 2 bars of 5 minutes from 20 Nov 09:30 to 20 Nov 09:35, New York time: opened at 100.00, highest 103.50, " +
      "lowest 99.00, now 100.50 (+0.50%).",
  );
});

claim("of bars that were last known it does not say now", () => {
  const text = summary("QQQ", "5m", [bar(0, 100, 102, 99, 101)], 5 * MINUTE, true);
  same(text.slice(text.indexOf("lowest")), "lowest 99.00, last known 101.00 (+1.00%).");
});

claim("of days it tells days, and of nothing that nothing is known", () => {
  const days = [{ ...bar(0, 1, 1, 1, 1), time: Date.parse("2026-11-20") }];
  same(summary("SPX", "1d", days, 1_440 * MINUTE).slice(0, 63), "SPX, 1 bar of 1 day from 20 Nov 2026 to 20 Nov 2026: opened at ");
  same(summary("QQQ", "1m", [], MINUTE), "QQQ, bars of 1 minute: nothing is known yet.");
});
