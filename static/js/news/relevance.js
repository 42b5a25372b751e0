// How near an item is to whoever looks: they hold what it is about, watch it, it moves the whole market, or neither.
// Pure. `news/text/relevance.py` reckons the same for scripts, and gives the page the indices.

/** The nearest first. */
export const NEARNESS = ["held", "watched", "index", "market"];
const WIDE = ["macro", "fed"];

/** By which symbol news name a symbol: an option by what it is on. */
export const named = (symbol) => symbol.replace(/\s*\d{6}[CP]\d{8}$/, "").split(" ")[0];

/** How near an item is to a book: {held, watched, indices}, Sets of symbols. */
export function relevance({ symbols, category }, book) {
  const isIn = (set) => symbols.some((symbol) => set.has(symbol));
  if (isIn(book.held)) return "held";
  if (isIn(book.watched)) return "watched";
  return WIDE.includes(category) || isIn(book.indices) ? "index" : "market";
}

/** How near a story is: as its nearest item. */
export function storyRelevance({ items }, book) {
  const found = new Set(items.map((item) => relevance(item, book)));
  return NEARNESS.find((each) => found.has(each));
}
