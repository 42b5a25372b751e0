import { regimeText } from "../../../static/js/annotations/regime-text.js";
import { claim, same } from "../claims.js";

const clock = (ms) => `at ${ms}`;
const REGIME = { volatility: "calm", trend: "up", liquidity: "deep", days: 60 };
const insight = (more = {}) => ({ regime: { ...REGIME, ...more }, bar: 5, reason: null });

claim("a regime is its words; what is unknown is left out", () => {
  same(regimeText(insight(), 10, true, clock), "calm · up · deep");
  same(regimeText(insight({ liquidity: "unknown" }), 10, true, clock), "calm · up");
  same(regimeText(undefined, 10, true, clock), "");
});

claim("one that is unknown says how far it has come, or why it goes no further", () => {
  const nothing = { volatility: "unknown", trend: "unknown", liquidity: "unknown", days: 41 };
  same(regimeText(insight(nothing), 10, true, clock), "regime unknown (41 of 60 days)");
  same(regimeText({ ...insight(nothing), reason: "candles come delayed" }, 10, true, clock), "regime unknown (candles come delayed)");
});

claim("an old one says of when it is, while the market is open", () => {
  same(regimeText(insight(), 5 + 900_001, true, clock), "calm · up · deep · as of at 5");
  same(regimeText(insight(), 5 + 900_001, false, clock), "calm · up · deep");
  same(regimeText(insight(), 5 + 900_000, true, clock), "calm · up · deep");
});
