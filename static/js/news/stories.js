// The items of a page: by id, the newest version of each; folded into stories, the newest story first. Pure.

import { relevance } from "./relevance.js";

/** Items that are kept, at most. */
export const MOST = 500;

export class Stories {
  #items = new Map();

  /** Take items in the order in which they came. Returns the ids that were not known before. */
  take(items) {
    const fresh = [];
    for (const item of items) {
      const known = this.#items.get(item.id);
      if (known && known.version >= item.version) continue;
      if (!known) fresh.push(item.id);
      this.#items.set(item.id, item);
    }
    this.#forget();
    return fresh;
  }

  #forget() {
    if (this.#items.size <= MOST) return;
    const oldest = [...this.#items.values()].sort(byArrival).slice(0, this.#items.size - MOST);
    for (const { id } of oldest) this.#items.delete(id);
  }

  get size() {
    return this.#items.size;
  }

  get(id) {
    return this.#items.get(id) ?? null;
  }

  /**
   * The stories whose items fit, by the arrival of their first item, the newest first: {id, first, items, sources}. The
   * id is that of the first item, which stays the same when a person's story turns out to be the desk's.
   */
  list(fits = () => true) {
    const stories = new Map();
    for (const item of [...this.#items.values()].sort(byArrival)) {
      const story = stories.get(item.story);
      if (story) story.items.push(item);
      else stories.set(item.story, { id: item.id, first: item, items: [item] });
    }
    return [...stories.values()]
      .filter((story) => story.items.some(fits))
      .map((story) => ({ ...story, sources: new Set(story.items.map((item) => item.source)).size }))
      .reverse();
  }
}

/** The earlier one first; of two that came together, the one with the lower number. */
const byArrival = (one, other) => one.received_at - other.received_at || one.number - other.number;

/** Whether an item is among what is asked for: {scope: "all" | "mine" | a symbol, kind, book}. */
export function fits(item, { scope, kind, book }) {
  if (kind && item.category !== kind) return false;
  if (scope === "all") return true;
  return scope === "mine" ? ["held", "watched"].includes(relevance(item, book)) : item.symbols.includes(scope);
}
