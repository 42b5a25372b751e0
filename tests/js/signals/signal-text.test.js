import {
  isDue,
  nextAsked,
  reasonText,
  regimeNote,
  regimeTexts,
  signalState,
  sinceText,
} from "../../../static/js/signals/signal-text.js";
import { claim, same } from "../claims.js";

const OPEN = { state: "open", pausedAt: null };

claim("statements are asked for when a bar is over, and not more often than each minute after that", () => {
  same(nextAsked(600_000, 0), 915_000);
  same(nextAsked(600_000, 900_000), 960_000);
  same(nextAsked(null, 0), 60_000);
});

claim("statements that did not come are asked for again a minute later, also where the market is closed", () => {
  const asked = { bar: 600_000, askedAt: 600_000, isOwed: true, session: "closed" };
  same(isDue(660_000, asked), false);
  same(isDue(660_001, asked), true);
  same(isDue(660_001, { ...asked, session: "open" }), true);
  same(isDue(9_000_000, { ...asked, isOwed: false }), false);
  same(isDue(915_001, { ...asked, isOwed: false, session: "open" }), true);
});

claim("where there is no regime every word of it is unknown and nothing stands below or behind", () => {
  same(regimeTexts(null, String), {
    volatility: "unknown",
    trend: "unknown",
    liquidity: "unknown",
    volatility_note: "",
    trend_note: "",
    liquidity_note: "",
    since: "",
  });
  const known = { volatility: "calm", trend: "flat", liquidity: "thin", percentile: 24.4, days: 60 };
  const since = { volatility_since: 5, trend_since: 9, liquidity_since: 7 };
  same(regimeTexts({ ...known, ...since }, String), {
    volatility: "calm",
    trend: "flat",
    liquidity: "thin",
    volatility_note: "above 24 % of 250 days",
    trend_note: "",
    liquidity_note: "",
    since: ", since 9",
  });
});

claim("statements of the newest bars are live while the market is open, and older ones are old", () => {
  same(signalState(OPEN, 0, 600_000, "open"), { state: "live", word: "live" });
  same(signalState(OPEN, 0, 600_001, "open"), { state: "stale", word: "old" });
  same(signalState(OPEN, 0, 600_001, "closed"), { state: "none", word: "market closed" });
  same(signalState(OPEN, null, 0, "open"), { state: "none", word: "nothing stated" });
  same(signalState({ state: "lost", pausedAt: null }, 0, 0, "open"), { state: "lost", word: "lost" });
  same(signalState({ state: "open", pausedAt: 5 }, 0, 0, "open"), { state: "paused", word: "paused" });
});

claim("a regime that is not known says how many of the days it needs there are", () => {
  same(regimeNote("trend", { trend: "unknown", days: 41 }), "41 of 60 days");
  same(regimeNote("trend", { trend: "flat", days: 60 }), "");
  same(regimeNote("volatility", { volatility: "calm", percentile: 24.4, days: 60 }), "above 24 % of 250 days");
});

claim("a regime is as it is since its newest word, and since no time where a word is not known", () => {
  const since = { volatility_since: 5, trend_since: 9, liquidity_since: 7 };
  same(sinceText(since, String), ", since 9");
  same(sinceText({ ...since, trend_since: null }, String), "");
});

claim("a regime of which nothing is known says why", () => {
  same(reasonText(undefined), "It is being worked out.");
  same(reasonText({ reason: "no venue tells candles" }), "no venue tells candles");
  same(reasonText({ reason: null, regime: {} }), "");
});
