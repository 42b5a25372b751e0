import { chartVerdict } from "../../../static/js/chart/status-text.js";
import { claim, isTrue, same } from "../claims.js";

const LIVE = { state: "live", word: "live", note: "real-time" };
const WELL = { bars: 500, isAsking: false, isWatched: true, refusal: "", filled: null };
const said = (chart, feed = LIVE, now = 0) => chartVerdict(feed, { ...WELL, ...chart }, now);

claim("a chart is live only while its series is streamed and its history is whole", () => {
  same(said({}), LIVE);
  same(said({ isAsking: true }), { state: "stale", word: "catching up", note: "" });
  same(said({ bars: 0, isAsking: true }).word, "asking for bars");
  same(said({ refusal: "The venue does not answer." }), { state: "stale", word: "no history", note: "The venue does not answer." });
  const waiting = { state: "none", word: "waiting for the first price", note: "" };
  same(said({ bars: 0, isWatched: false }, waiting).word, "waiting for bars");
});

claim("a lost feed is said before anything that is being asked", () => {
  const lost = { state: "lost", word: "reconnecting", note: "next try in 4 s" };
  for (const chart of [{ isAsking: true }, { bars: 0, isAsking: true }, { refusal: "no" }]) same(said(chart, lost), lost);
});

claim("a symbol that the venue does not list is no chart that waits", () => {
  const unlisted = { state: "none", word: "not listed", note: "the venue has no such symbol" };
  same(said({ bars: 0, isAsking: true, isWatched: false }, unlisted), unlisted);
});

claim("bars that were last known say so with their age, whatever the feed says", () => {
  const known = { state: "stale", word: "last known", note: "bars 61 min old" };
  const lost = { state: "lost", word: "reconnecting", note: "next try in 4 s" };
  for (const feed of [LIVE, lost]) same(said({ keptAt: 0 }, feed, 61 * 60_000), known);
  same(said({ keptAt: 0, refusal: "The venue does not answer." }, LIVE, 61 * 60_000), known);
});

claim("what was filled in is said for two minutes", () => {
  isTrue(said({ filled: { bars: 12, at: 0 } }).note.startsWith("12 bars filled in at "));
  isTrue(said({ filled: { bars: 1, at: 0 } }).note.startsWith("1 bar filled in at "));
  same(said({ filled: { bars: 1, at: 0 } }, LIVE, 120_001), LIVE);
});
