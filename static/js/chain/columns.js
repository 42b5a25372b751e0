// Which columns of a chain are shown where a person chose them, one by one.

/** The strike's column and another one (CSS pixels). */
const [STRIKE, CELL] = [70, 58];

/** The chosen among `all` names, in the order they were kept in; all where nothing sound was. What is no column is dropped. */
export function chosen(kept, all) {
  const names = new Set((kept ?? "").split(" ").filter((name) => all.includes(name)));
  return names.size ? [...names] : all;
}

/** How columns named from the strike outwards stand from left to right; the bid of a call is before its ask, as of a put. */
export function sides(names) {
  const call = [...names].reverse();
  const [bid, ask] = [call.indexOf("bid"), call.indexOf("ask")];
  if (names.indexOf("bid") < names.indexOf("ask")) [call[bid], call[ask]] = ["ask", "bid"];
  return { call, put: names };
}

/** As many of them as there is room for on both sides of the strike, the first ones first; two at least. */
export const fitting = (names, width) => names.slice(0, Math.max(2, Math.floor((width - STRIKE) / 2 / CELL)));
