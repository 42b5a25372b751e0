// The watch of this page: what its elements want, counted, so that two elements share one subscription.

const KINDS = ["quotes", "greeks", "underlyings", "topics"];

export class Wants {
  #counts = Object.fromEntries(KINDS.map((kind) => [kind, new Map()]));

  /** Add `want` ({quotes: [...], topics: [...]}). Returns what nobody wanted before, or null. */
  add(want) {
    return this.#change(want, 1, (count) => count === 1);
  }

  /** Take `want` back. Returns what nobody wants any more, or null. */
  remove(want) {
    return this.#change(want, -1, (count) => count === 0);
  }

  /** The whole watch, as `hello` carries it. */
  get all() {
    const kinds = KINDS.filter((kind) => this.#counts[kind].size);
    return Object.fromEntries(kinds.map((kind) => [kind, [...this.#counts[kind].keys()]]));
  }

  #change(want, step, isNews) {
    const news = {};
    for (const [kind, names] of Object.entries(want)) {
      const counts = this.#counts[kind];
      for (const name of names) {
        const count = (counts.get(name) ?? 0) + step;
        if (count > 0) counts.set(name, count);
        else counts.delete(name);
        if (isNews(count)) (news[kind] ??= []).push(name);
      }
    }
    return Object.keys(news).length ? news : null;
  }
}

/** Whether everything that `wants` names is in `watch`. */
export function covers(watch, wants) {
  return Object.entries(wants).every(([kind, names]) => names.every((name) => watch[kind]?.includes(name)));
}
