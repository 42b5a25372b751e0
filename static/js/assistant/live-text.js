// How a number of an answer is written while it moves: as it was written when it was answered. Pure.

const NUMBER = /([+−-]?)([^\d+−-]{0,4}?)(\d[\d,]*)(\.\d+)?/;
/** What a text may have made of a value: itself, percent, basis points, cents, thousands, millions, billions. */
const SCALES = [1, 100, 10_000, 0.01, 1e-3, 1e-6, 1e-9];
const MINUS = "−";
const WORST = 1.0000001; // of half a unit in the last place: binary fractions are not exact

/**
 * The way in which `text` writes `value`: {before, sign, unit, places, scale, isGrouped, after, isSigned}; null where it
 * does not write that value, so that a later one could not be written alike.
 */
export function wayOf(text, value) {
  const found = NUMBER.exec(text);
  if (!found || !Number.isFinite(value)) return null;
  const [whole, sign, unit, digits, decimals = ""] = found;
  const shown = Number(digits.replaceAll(",", "") + decimals);
  const places = Math.max(0, decimals.length - 1);
  const scale = SCALES.find((one) => Math.abs(Math.abs(value) * one - shown) <= (0.5 * WORST) / 10 ** places);
  if (scale === undefined) return null;
  return {
    before: text.slice(0, found.index),
    after: text.slice(found.index + whole.length),
    unit,
    places,
    scale,
    isGrouped: digits.includes(",") || shown < 1_000,
    isSigned: sign === "+" || (sign !== "" && value < 0),
    wasNegative: value < 0,
  };
}

/** A value written that way. Where the words around it took its sign away, it has one once that is another. */
export function written(way, value) {
  const number = Math.abs(value * way.scale).toLocaleString("en-US", {
    minimumFractionDigits: way.places,
    maximumFractionDigits: way.places,
    useGrouping: way.isGrouped,
  });
  const isZero = !/[1-9]/.test(number);
  const isOther = value < 0 !== way.wasNegative;
  const sign = isZero || !(way.isSigned || isOther) ? "" : value < 0 ? MINUS : "+";
  return way.before + sign + way.unit + number + way.after;
}
