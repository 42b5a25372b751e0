// Where the money is: which strikes stand around a price; market/chains/strikes_around.py chooses alike.

/** Where an underlying stands: the middle of its book, else its last trade, else null. */
export function spot(quote) {
  if (quote?.bid && quote.ask) return (quote.bid + quote.ask) / 2;
  return quote?.last || null;
}

/** The place of the strike nearest to `price`, the lower of two; the middle one where it is not known. */
export function nearest(strikes, price) {
  if (price === null) return Math.floor(strikes.length / 2);
  const distances = strikes.map(({ strike }) => Math.abs(strike - price));
  return distances.indexOf(Math.min(...distances));
}

/** How far the price must be on the way to another strike before that one is at the money. */
const STAYS = 0.75;

/** The place of the strike at the money when it was at `before` (-1: nowhere yet): it does not go back and forth. */
export function atTheMoney(strikes, price, before) {
  const at = nearest(strikes, price);
  if (before < 0 || at === before || price === null) return before < 0 ? at : before;
  const [from, to] = [strikes[before].strike, strikes[at].strike];
  return Math.abs(price - from) >= STAYS * Math.abs(to - from) ? at : before;
}

/** The expiration ({dte, strikes}) that is looked at first: the one in about thirty days. */
export function usual(days) {
  const by = (one, other) => Math.abs(one.dte - 30) - Math.abs(other.dte - 30) || other.strikes - one.strikes;
  return days.filter(({ strikes }) => strikes).sort(by)[0];
}

/** So many strikes around the money (all: null); near an end of the list, still as many as there are. */
export function band(strikes, price, rows) {
  if (rows === null || rows >= strikes.length) return strikes;
  const first = nearest(strikes, price) - Math.floor(rows / 2);
  const from = Math.max(0, Math.min(first, strikes.length - rows));
  return strikes.slice(from, from + rows);
}

/** Which option of a strike is in the money: "call", "put" or, where nobody knows, neither. */
export const side = (strike, price) => (price === null ? "" : strike < price ? "call" : "put");
