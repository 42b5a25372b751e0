// Where panels stand on the desk, as desk/layout.py says: an order in which each takes the first place where it fits. Pure.
// A layout is [{name, width (columns), height (rows), hidden}]; every function returns another one.

export const COLUMNS = 12;
const LEAST = 3;
const MOST_ROWS = 24;

const clamp = (value, least, most) => Math.min(Math.max(value, least), most);

/** Read what a cell of the page says of its place: "n3 w5 h9 hidden". */
export function read(name, text) {
  const tokens = text.split(" ");
  const [number, width, height] = ["n", "w", "h"].map((letter) => Number(tokens.find((one) => one[0] === letter && one !== "hidden").slice(1)));
  return { number, name, width, height, hidden: tokens.includes("hidden") };
}

/** Write it for the place with this number. */
export const written = ({ width, height, hidden }, number) => `n${number} w${width} h${height}${hidden ? " hidden" : ""}`;

/** The panels that are shown. */
export const shown = (layout) => layout.filter((place) => !place.hidden);

/** Let a panel and the next that is shown, `step` 1 or -1 away, change places. */
export function moved(layout, name, step) {
  const seen = shown(layout);
  const other = seen[seen.findIndex((place) => place.name === name) + step];
  return other ? placed(layout, name, other.name) : layout;
}

/** Put a panel where another one stands; that one and those between move up. */
export function placed(layout, name, other) {
  const to = layout.findIndex((place) => place.name === other);
  const place = layout.find((one) => one.name === name);
  const rest = layout.filter((one) => one.name !== name);
  return rest.toSpliced(to, 0, place);
}

/** Make a panel so many columns wider and rows higher, as far as that goes. */
export function sized(layout, name, columns, rows) {
  return layout.map((place) => {
    if (place.name !== name) return place;
    const width = clamp(place.width + columns, LEAST, COLUMNS);
    return { ...place, width, height: clamp(place.height + rows, LEAST, MOST_ROWS) };
  });
}

/** Put a panel away, or bring it back: at the end of those that are shown. */
export function put(layout, name, hidden) {
  const place = { ...layout.find((one) => one.name === name), hidden };
  const rest = layout.filter((one) => one.name !== name);
  return rest.toSpliced(hidden ? rest.length : rest.findLastIndex((one) => !one.hidden) + 1, 0, place);
}

/** What a layout says of one panel, for people. */
export function placeText(layout, name) {
  const seen = shown(layout);
  const at = seen.findIndex((place) => place.name === name);
  const { width, height } = seen[at];
  return `place ${at + 1} of ${seen.length}, ${width} columns wide, ${height} rows high`;
}
