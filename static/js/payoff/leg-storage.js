// The legs that a person clicked together, by underlying, as this browser keeps them for each person who uses it.

const KEY = `tapedeck.legs.${document.documentElement.dataset.mine ?? ""}`;
/** Underlyings whose legs are kept, at most; those that were changed last. */
const MOST = 20;

const kept = () => JSON.parse(localStorage.getItem(KEY) ?? "{}");

/** {legs, pairs} of a symbol; pairs are [ends, {strike, call, put}]. */
export const keptOf = (symbol) => kept()[symbol] ?? { legs: [], pairs: [] };

export function save(symbol, legs, pairs) {
  const { [symbol]: _, ...others } = kept();
  const all = Object.entries(others);
  if (legs.length) all.push([symbol, { legs, pairs }]);
  localStorage.setItem(KEY, JSON.stringify(Object.fromEntries(all.slice(-MOST))));
}
