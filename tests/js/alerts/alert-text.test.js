import { moreText, stateText } from "../../../static/js/alerts/alert-text.js";
import { firingText } from "../../../static/js/alerts/firing-text.js";
import { claim, same } from "../claims.js";

const NOW = Date.UTC(2026, 10, 23, 19, 31, 7);

claim("every state has a sign and a word", () => {
  const words = ["armed", "waiting", "cannot_check", "fired", "snoozed", "resting", "expired", "else"].map((state) => stateText(state).word);
  same(words, ["◆ armed", "◆ armed, waits", "✕ not checked", "▲ fired", "Ⅱ snoozed", "○ rests", "○ expired", "○ not known yet"]);
});

claim("what is told of an alert is what belongs to its state", () => {
  same(moreText({ state: "armed", nearest: "1.54 below 452.5", fired: 0 }, NOW), "1.54 below 452.5");
  same(moreText({ state: "fired", nearest: "1.54 below 452.5", fired: 1 }, NOW), "fired");
  same(moreText({ state: "cannot_check", reason: "QQQ.mid: its link is stale", fired: 0 }, NOW), "QQQ.mid: its link is stale");
  same(moreText({ state: "armed", fired: 3, fired_at: NOW }, NOW).startsWith("fired 3 times, last "), true);
});

claim("a firing says what it was, and everything that is odd about it", () => {
  const fact = { type: "alert", what: "QQQ last price crosses up 452.50", text: "Tell me when …" };
  same(firingText(fact), "QQQ last price crosses up 452.50");
  same(firingText({ what: "news on NVDA come", detail: { headline: "Nvidia raises its outlook" } }), "news on NVDA come · Nvidia raises its outlook");
  same(firingText({ ...fact, recovered: true, late_s: 26, seen_in: "candle", gap: true }),
    "QQQ last price crosses up 452.50 · seen in a candle · recovered, 26 s late · over a gap");
});
