// Asks for the past of a series: all that a chart holds, or a page of what is older.

import { LENGTHS } from "./lib/candles.js";
import { fetched } from "./site.js";

/** Bars in one answer (the desk's most). */
const PAGE = 500;
/** Pages that are asked for together, at most. */
const MOST = 20;

async function page({ symbol, interval }, before, limit = PAGE) {
  const address = new URL(`/api/charts/${encodeURIComponent(symbol)}`, location.href);
  address.search = new URLSearchParams({ interval, limit, ...(before && { before }) });
  const answer = await fetched(address.href, { signal: AbortSignal.timeout(30_000) });
  if (answer?.status === 200) return answer.body;
  return { refusal: answer?.body?.detail ?? "The desk does not answer.", least: answer?.least ?? 0 };
}

/** Everything of a series {symbol, interval} from `since` (ms; null: a page) until now: {candles, more}, or {refusal, least}. */
export async function history(series, since) {
  let found = await page(series, null);
  for (let pages = 1; !found.refusal && since !== null && pages < MOST; pages += 1) {
    const first = found.candles[0]?.time;
    if (!found.more || first === undefined || first <= since) break;
    const missing = Math.min(PAGE, Math.ceil((first - since) / LENGTHS[series.interval]));
    const older = await page(series, first, missing);
    if (older.refusal) return older;
    found = { candles: [...older.candles, ...found.candles], more: older.more };
  }
  if (found.refusal || since === null || !(found.candles[0]?.time < since)) return found;
  return { candles: found.candles.filter(({ time }) => time >= since), more: true };
}

/** A page of what began before `before` (ms). */
export const older = (series, before) => page(series, before);
