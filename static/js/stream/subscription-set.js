// The watch of this page: what its elements want, counted, so that two elements share one subscription.

const KINDS = ["quotes", "greeks", "underlyings", "insights", "candles", "topics"];

/** What a thing is counted under: a series of candles is {symbol, interval}, all else a name. */
const keyOf = (thing) => (typeof thing === "string" ? thing : `${thing.symbol}|${thing.interval}`);

export class SubscriptionSet {
  #counts = Object.fromEntries(KINDS.map((kind) => [kind, new Map()]));

  /** Count `want` ({quotes: [...], topics: [...]}) in. */
  add(want) {
    this.#change(want, 1);
  }

  /** Take `want` back. */
  remove(want) {
    this.#change(want, -1);
  }

  /** The whole watch, as `hello` carries it. */
  get all() {
    const kinds = KINDS.filter((kind) => this.#counts[kind].size);
    return Object.fromEntries(kinds.map((kind) => [kind, [...this.#counts[kind].values()].map(({ thing }) => thing)]));
  }

  #change(want, step) {
    for (const [kind, things] of Object.entries(want)) {
      const counts = this.#counts[kind];
      for (const thing of things) {
        const key = keyOf(thing);
        const count = (counts.get(key)?.count ?? 0) + step;
        if (count > 0) counts.set(key, { thing, count });
        else counts.delete(key);
      }
    }
  }
}

/** What `wants` names and `watch` does not, as a watch; null when that is nothing. */
export function beyond(watch, wants) {
  const more = {};
  for (const [kind, things] of Object.entries(wants)) {
    const known = new Set(watch[kind]?.map(keyOf));
    const missing = things.filter((thing) => !known.has(keyOf(thing)));
    if (missing.length) more[kind] = missing;
  }
  return Object.keys(more).length ? more : null;
}

/** How to come from one watch to another: {add, remove}, each only where there is something; null when they are equal. */
export function difference(before, after) {
  const [add, remove] = [beyond(before, after), beyond(after, before)];
  return add || remove ? { ...(add && { add }), ...(remove && { remove }) } : null;
}
