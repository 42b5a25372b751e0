// What a chart says of itself: what is known of its feed, of its history, and of what was filled in. Pure.

import { LENGTHS } from "./candles.js";
import { age, clock } from "../core/format.js";
import { countdown } from "./sessions.js";

/** How long it is said that bars were filled in (ms). */
const FILLED_MS = 120_000;
const WELL = ["live", "closed", "delayed"];
/** What the feed says is said first: nothing else matters then. */
const DOWN = ["lost", "offline", "refused", "stale", "paused"];

/**
 * `feed` is the verdict on the series that is streamed. Of the chart: how many `bars` it has, whether it is asking for
 * history (`isAsking`), whether its series is streamed at all (`isWatched`), why it has no history (`refusal`), which
 * were `filled` in after a gap: {bars, at}; and when the newest ended (`keptAt`, ms) where all are as last known.
 */
export function chartVerdict(feed, { bars, isAsking, isWatched, refusal, filled, keptAt = null }, now) {
  if (keptAt !== null) return { state: "stale", word: "last known", note: `bars ${age(now - keptAt)} old` };
  if (DOWN.includes(feed.state) || feed.word === "not listed") return feed;
  if (refusal) return { state: "stale", word: "no history", note: refusal };
  const isWell = WELL.includes(feed.state);
  if (bars === 0 && isAsking) return { state: "none", word: "asking for bars", note: "" };
  if (!isWatched && feed.word === "waiting for the first price") return { ...feed, word: "waiting for bars" };
  if (isWell && isAsking) return { state: "stale", word: "catching up", note: "" };
  if (!filled || !isWell || now - filled.at > FILLED_MS) return feed;
  return { ...feed, note: `${filled.bars} ${filled.bars === 1 ? "bar" : "bars"} filled in at ${clock(filled.at)}` };
}

/** When the newest bar ends: "ends in 3:53"; "" for bars of days, and where there is none. */
export function endText(bar, length, now) {
  if (!bar || length >= LENGTHS["1d"]) return "";
  const left = countdown(bar.time, length, now);
  return left ? `ends in ${left}` : "has ended";
}
