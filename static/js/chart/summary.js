// A chart in one sentence, for who does not see it. Pure.

import { percent, price } from "../core/format.js";
import { barTime, barZone } from "./sessions.js";

export const SPOKEN = { "1m": "1 minute", "5m": "5 minutes", "15m": "15 minutes", "1h": "1 hour", "1d": "1 day" };

/** "QQQ, bars of 5 minutes from … to …: opened at …, highest …, lowest …, now … (+1.20%)."; "last known" where `isKept`. */
export function summary(symbol, interval, bars, length, isKept = false) {
  const known = bars.filter((bar) => bar.close != null);
  if (known.length === 0) return `${symbol}, bars of ${SPOKEN[interval]}: nothing is known yet.`;
  const [first, last] = [known[0], known.at(-1)];
  const opened = first.open ?? first.close;
  const high = Math.max(...known.map((bar) => bar.high ?? bar.close));
  const low = Math.min(...known.map((bar) => bar.low ?? bar.close));
  const when = `from ${barTime(first.time, length)} to ${barTime(last.time, length)}${length < 86_400_000 ? `, ${barZone()}` : ""}`;
  const move = opened ? ` (${percent((last.close / opened - 1) * 100)})` : "";
  return (
    `${symbol}, ${known.length} ${known.length === 1 ? "bar" : "bars"} of ${SPOKEN[interval]} ${when}: opened at ${price(opened)}, ` +
    `highest ${price(high)}, lowest ${price(low)}, ${isKept ? "last known" : "now"} ${price(last.close)}${move}.`
  );
}
