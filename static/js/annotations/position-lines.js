// The lines that a chart draws for what is held in its symbol. Pure.

import { amount, isKnown } from "../core/format.js";

/** One line for each open position with a known average price: {price, title, way}, by price. */
export function positionLines(positions, symbol) {
  return positions
    .filter((held) => held.symbol === symbol && held.quantity && isKnown(held.average_price))
    .map(({ quantity, average_price: price }) => ({
      price,
      title: `${quantity > 0 ? "+" : ""}${amount(quantity)}`,
      way: quantity > 0 ? "up" : "down",
    }))
    .sort((one, other) => one.price - other.price);
}
