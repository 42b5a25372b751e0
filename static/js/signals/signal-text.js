// What the panel of signals says of itself and of a regime. Pure. Times are in ms.

const REGIME = ["volatility", "trend", "liquidity"];
const BAR_MS = 300_000;
/** How long after a bar its statements may be asked for: they are recorded within seconds of it. */
const RECORDED_MS = 15_000;
/** The least time between two questions while nothing new was stated. */
const AGAIN_MS = 60_000;

/** When to ask for new statements, by the newest bar that is known and when they were asked for last. */
export function nextAsked(bar, askedAt) {
  return Math.max(bar === null ? 0 : bar + BAR_MS + RECORDED_MS, askedAt + AGAIN_MS);
}

/** Whether to ask for statements: for new ones while the market is open, and for those that are owed at any time. */
export function isDue(now, { bar, askedAt, isOwed, session }) {
  return isOwed ? now > nextAsked(null, askedAt) : session === "open" && now > nextAsked(bar, askedAt);
}

/** How true what the panel shows is: {state, word}; the word is "old" where its age is to be said. */
export function signalState({ state, pausedAt }, bar, now, session) {
  if (state !== "open") return { state: "lost", word: state };
  if (pausedAt) return { state: "paused", word: "paused" };
  if (bar === null) return { state: "none", word: "nothing stated" };
  if (session && session !== "open") return { state: "none", word: "market closed" };
  return now - bar <= 2 * BAR_MS ? { state: "live", word: "live" } : { state: "stale", word: "old" };
}

/** What the cells of a regime say, by name: words that are unknown and no notes where there is none. */
export function regimeTexts(regime, write) {
  const words = REGIME.map((name) => [name, regime?.[name] ?? "unknown"]);
  const notes = REGIME.map((name) => [`${name}_note`, regime ? regimeNote(name, regime) : ""]);
  return { ...Object.fromEntries([...words, ...notes]), since: regime ? sinceText(regime, write) : "" };
}

/** What stands below a word of a regime; "41 of 60 days" while it is unknown. */
export function regimeNote(name, { percentile, days, ...words }) {
  if (words[name] === "unknown") return `${days} of 60 days`;
  return name === "volatility" && percentile != null ? `above ${Math.round(percentile)} % of 250 days` : "";
}

/** Why nothing is known of a regime; empty where something is. */
export function reasonText(insight) {
  return insight ? (insight.reason ?? "") : "It is being worked out.";
}

/** Since when all words of a regime are as they are: ", since 13:05"; empty while one is not known. */
export function sinceText(regime, write) {
  const times = REGIME.map((name) => regime[`${name}_since`]);
  return times.some((at) => at == null) ? "" : `, since ${write(Math.max(...times))}`;
}
