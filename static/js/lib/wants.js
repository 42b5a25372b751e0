// The watch of this page: what its elements want, counted, so that two elements share one subscription.

const KINDS = ["quotes", "greeks", "underlyings", "topics"];

export class Wants {
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
    return Object.fromEntries(kinds.map((kind) => [kind, [...this.#counts[kind].keys()]]));
  }

  #change(want, step) {
    for (const [kind, names] of Object.entries(want)) {
      const counts = this.#counts[kind];
      for (const name of names) {
        const count = (counts.get(name) ?? 0) + step;
        if (count > 0) counts.set(name, count);
        else counts.delete(name);
      }
    }
  }
}

/** What `wants` names and `watch` does not, as a watch; null when that is nothing. */
export function beyond(watch, wants) {
  const more = {};
  for (const [kind, names] of Object.entries(wants)) {
    const missing = names.filter((name) => !watch[kind]?.includes(name));
    if (missing.length) more[kind] = missing;
  }
  return Object.keys(more).length ? more : null;
}

/** How to come from one watch to another: {add, remove}, each only where there is something; null when they are equal. */
export function difference(before, after) {
  const [add, remove] = [beyond(before, after), beyond(after, before)];
  return add || remove ? { ...(add && { add }), ...(remove && { remove }) } : null;
}
