// The legs that were clicked together: what is bought and sold, how many, and at which price.

export class Legs {
  #legs = new Map();

  /** {symbol, quantity, price, …} of each leg, in the order they came. Sold ones have a negative quantity. */
  get all() {
    return [...this.#legs.values()];
  }

  /** One contract more (`way` 1) or less (-1) of an option at a price. What was bought and sold again is no leg. */
  trade(option, way, price) {
    const before = this.#legs.get(option.symbol);
    const quantity = (before?.quantity ?? 0) + way;
    if (quantity === 0) this.#legs.delete(option.symbol);
    else this.#legs.set(option.symbol, { ...option, quantity, price: paid(before, quantity, way, price) });
  }

  /** Change what is known of one leg: {quantity} or {price}. */
  change(symbol, changes) {
    const before = this.#legs.get(symbol);
    if (before) this.#legs.set(symbol, { ...before, ...changes });
  }

  drop(symbol) {
    this.#legs.delete(symbol);
  }

  clear() {
    this.#legs.clear();
  }

  /** Have these legs, and no other. */
  adopt(legs) {
    this.#legs = new Map(legs.map((leg) => [leg.symbol, leg]));
  }

  /** Drop those that ended until `now` (ms). Returns them. */
  expire(now) {
    const ended = this.all.filter(({ ends }) => ends <= now);
    for (const { symbol } of ended) this.drop(symbol);
    return ended;
  }
}

/** The mean price when a leg grows; when it shrinks, what the rest was dealt at. */
function paid(before, quantity, way, price) {
  if (!before) return price;
  if (before.quantity * way < 0) return before.price;
  if (before.price == null || price == null) return null;
  return (before.price * Math.abs(before.quantity) + price) / Math.abs(quantity);
}
