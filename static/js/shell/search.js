// Which names fit what somebody types, the best first. Pure.

/** How well `name` fits: 0 begins with it, 1 a word does, 2 it is inside, 3 its letters are, in order; null not at all. */
export function fit(query, name) {
  const [sought, text] = [query.trim().toLowerCase(), name.toLowerCase()];
  if (text.startsWith(sought)) return 0;
  if (text.includes(` ${sought}`)) return 1;
  if (text.includes(sought)) return 2;
  let at = 0;
  for (const letter of sought.replaceAll(" ", "")) {
    at = text.indexOf(letter, at) + 1;
    if (at === 0) return null;
  }
  return 3;
}

/** The things whose `name` fits, the best first, else in their order. */
export function ranked(query, things) {
  const found = things.map((thing) => ({ thing, rank: fit(query, thing.name) })).filter(({ rank }) => rank !== null);
  return found.sort((a, b) => a.rank - b.rank).map(({ thing }) => thing);
}

const SYMBOL = /^[A-Z/$^][A-Z0-9./:$^-]{0,15}$/;

/** What is typed as a symbol: in capitals; null for what can be none. */
export function symbolIn(query) {
  const text = query.trim().toUpperCase();
  return SYMBOL.test(text) ? text : null;
}
