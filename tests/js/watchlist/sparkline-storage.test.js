import { KEPT_MS, stored, recalled } from "../../../static/js/watchlist/sparkline-storage.js";
import { claim, same } from "../claims.js";

const BARS = [
  { time: 300_000, close: 1.5, open: 1 },
  { time: 600_000, close: null },
];

claim("a day that was told a moment ago need not be asked for again", () => {
  const text = stored(stored(null, "QQQ", BARS, 1_000), "SPY", [], 2_000);
  same(recalled(text, "QQQ", 3_000), [
    { time: 300_000, close: 1.5 },
    { time: 600_000, close: null },
  ]);
  same(recalled(text, "SPY", 3_000), []);
  same(recalled(text, "IWM", 3_000), null);
  same(recalled(null, "QQQ", 3_000), null);
});

claim("one that is old, or of a clock that was set back since, is asked for", () => {
  const text = stored(null, "QQQ", BARS, 10_000);
  same(recalled(text, "QQQ", 10_000 + KEPT_MS), null);
  same(recalled(text, "QQQ", 9_999), null);
});

claim("the newest is stored, and no more than a hundred", () => {
  let text = null;
  for (let at = 0; at < 150; at += 1) text = stored(text, `S${at}`, BARS, at);
  same(recalled(text, "S49", 150), null);
  same(recalled(text, "S50", 150)?.length, 2);
  same(recalled(stored(text, "S50", [], 150), "S50", 150), []);
});
