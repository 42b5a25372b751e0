// Asks for the past of a series: all that a chart holds, or a page of what is older.

import { fetched } from "../transports/http.js";

/** Bars in one answer (the desk's most). */
const PAGE = 500;
/** Pages that are asked for together, at most. */
const MOST = 20;

async function page({ symbol, interval }, before, isKept = false) {
  const address = new URL(`/api/charts/${encodeURIComponent(symbol)}`, location.href);
  address.search = new URLSearchParams({ interval, limit: PAGE, ...(before && { before }), ...(isKept && { kept: 1 }) });
  const answer = await fetched(address.href, { signal: AbortSignal.timeout(30_000) });
  if (answer?.status === 200) return answer.body;
  return { refusal: answer?.body?.detail ?? "The desk does not answer.", least: answer?.least ?? 0 };
}

/**
 * The newest bars of a series {symbol, interval}: {candles, more}, or {refusal, least}. A page, or as many whole ones as
 * `count` bars fill: the few at the other end for which another page would be due are asked for when they are looked at.
 */
export async function history(series, count) {
  let found = await page(series, null);
  for (let pages = 1; pages < Math.min(MOST, Math.round(count / PAGE)); pages += 1) {
    if (found.refusal || !found.more || found.candles.length === 0) break;
    const before = await page(series, found.candles[0].time);
    if (before.refusal) return before;
    found = { candles: [...before.candles, ...found.candles], more: before.more };
  }
  return found;
}

/** A page of what began before `before` (ms). */
export const older = (series, before) => page(series, before);

/** The newest bars that the desk keeps, as they were last known: no venue is asked. */
export const kept = (series) => page(series, null, true);
