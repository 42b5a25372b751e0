// What a card says of an order that a program proposes, as templates/assistant/draft.html writes it. Pure.

import { MISSING, age, amount, instrument, money, price } from "../core/format.js";

/** The texts of a card, by field, of the notice `order_drafted`. */
export function draftTexts({ symbol, cost, max_profit: profit, max_loss: loss, unlimited = [], breakevens = [], lacks = [] }) {
  const most = (side, sum) => (unlimited.includes(side) ? "without limit" : money(sum));
  return {
    symbol,
    cost: money(cost),
    profit: most("profit", profit),
    loss: most("loss", loss),
    breakevens: breakevens.map(price).join(", ") || MISSING,
    lacks: lacks.join(" · "),
  };
}

/** The texts of a leg, by field; not its age, which goes on. */
export const legTexts = ({ symbol, quantity, price: paid, bid, ask }) => ({
  symbol: instrument(symbol),
  quantity: amount(quantity),
  price: price(paid),
  bid: price(bid),
  ask: price(ask),
});

/** How old a quote of `at` is, both in ms; what was late when it came says so. */
export function quoteAge(at, isDelayed, now) {
  const text = at ? age(now - at) : MISSING;
  return isDelayed ? `${text}, delayed` : text;
}
