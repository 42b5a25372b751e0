// Where the bars of the radial hub are, in the units of its drawing; market/radial/markets.py draws alike.

const FULL = 5;
const RADIUS = 100;
const HALF = 30;
const SHADES = 5;

/** The bar of a change in percent: {radius, width, shade}. Outward is up; the root makes small moves visible. */
export function bar(percentage) {
  if (!percentage) return { radius: RADIUS, width: 0, shade: 0 };
  const share = Math.sqrt(Math.min(Math.abs(percentage), FULL) / FULL);
  const width = Math.round(HALF * share * 10) / 10;
  const side = percentage > 0 ? width / 2 : -width / 2;
  return { radius: Math.round((RADIUS + side) * 100) / 100, width, shade: Math.ceil(share * SHADES) };
}
