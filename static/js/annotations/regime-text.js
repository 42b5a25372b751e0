// What a chart's head says of the market of its symbol. Pure. It says what is, and predicts nothing.

/** Bars close every five minutes: after so long (ms) without one, while the market is open, it is said of when this is. */
const OLD_MS = 900_000;

/** The words of an insight, empty where there is none. `clock` writes a time; `isLive`: the market is open, and tells. */
export function regimeText({ regime, bar, reason } = {}, now, isLive, clock) {
  if (!regime) return "";
  const { volatility, trend, liquidity, days } = regime;
  const known = [volatility, trend, liquidity].filter((word) => word !== "unknown");
  if (!known.length) return `regime unknown (${reason ?? `${days} of 60 days`})`;
  if (isLive && now - bar > OLD_MS) known.push(`as of ${clock(bar)}`);
  return known.join(" · ");
}
