// One quote in detail: the texts of every fact, as market/watchlists/quote_detail.py writes them. Pure.

import { change, count, fixed, isKnown, MISSING, percent, price, volatility } from "../core/format.js";
import { hasBook, markOf } from "../core/freshness.js";

/** A price and how much stands at it. */
const sized = (value, size) => (isKnown(size) ? `${price(value)} × ${count(size)}` : price(value));

/** A percentage that is known, with its sign. */
const perCent = (text) => (text === MISSING ? text : `${text}%`);

/** The texts by name; what is not known is "–". */
export function facts(quote, day, underlying, profile) {
  const { value, used } = markOf(quote);
  return {
    price: price(value),
    used,
    change: change(quote?.change),
    percent: percent(quote?.change_percentage),
    bid: sized(quote?.bid, quote?.bid_size),
    ask: sized(quote?.ask, quote?.ask_size),
    last: sized(quote?.last, quote?.last_size),
    mid: hasBook(quote) ? price((quote.bid + quote.ask) / 2) : MISSING,
    spread: hasBook(quote) ? price(quote.ask - quote.bid) : MISSING,
    open: price(day?.open),
    high: price(day?.high),
    low: price(day?.low),
    prev_close: price(day?.prev_close),
    volume: count(day?.volume),
    iv: perCent(volatility(underlying?.iv)),
    iv_rank: fixed(underlying?.iv_rank, 0),
    option_volume: count(underlying?.option_volume),
    put_call_ratio: fixed(underlying?.put_call_ratio, 2),
    low_52w: price(profile?.low_52w),
    high_52w: price(profile?.high_52w),
    beta: fixed(profile?.beta, 2),
    shares: count(profile?.shares),
    name: profile?.description ?? "",
  };
}

/** When each part was last told, by name (ms); undefined where it was not. */
export const times = (quote, day, underlying, profile) => ({
  quote: quote?.at,
  bid: quote?.bid_at,
  ask: quote?.ask_at,
  last: quote?.last_at,
  day: day?.at,
  underlying: underlying?.at,
  profile: profile?.at,
});
