// The icon of the page's tab: which way the price went, and whether that is live. Pure.

const COLOURS = { up: "%2326a269", down: "%23e5484d", "": "%239aa4b2" };
const SHAPES = { up: "M8 2 15 14H1z", down: "M8 14 1 2h14z", "": "M2 6h12v4H2z" };

/** The address of an icon for a way ("up", "down" or ""); hollow unless it is live. */
export function icon(way, isLive) {
  const [fill, colour] = [isLive ? COLOURS[way] : "none", COLOURS[way]];
  const path = `<path d='${SHAPES[way]}' fill='${fill}' stroke='${colour}' stroke-width='2' stroke-linejoin='round'/>`;
  return `data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'>${path}</svg>`;
}
