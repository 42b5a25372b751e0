// Which columns of a chain are shown where a person chose them, one by one.

/** The strike's column and another one (CSS pixels). */
const [STRIKE, CELL] = [70, 58];

/** The chosen among `all` names, as they were kept; all where nothing sound was. What is not a column any more is dropped. */
export function chosen(kept, all) {
  const names = kept === null ? all : kept.split(" ").filter((name) => all.includes(name));
  return names.length ? all.filter((name) => names.includes(name)) : all;
}

/** As many of them as there is room for on both sides of the strike, the first ones first; two at least. */
export const fitting = (names, width) => names.slice(0, Math.max(2, Math.floor((width - STRIKE) / 2 / CELL)));
