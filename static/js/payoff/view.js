// What of a payoff is shown: over which prices, at which of them, and in which words.

import { fixed, gain, instrument, money, price } from "../core/format.js";
import { firstEnd, profit, volatilityOf } from "./payoff.js";
import { yearsUntil } from "../options/pricing.js";

const POINTS = 96;
/** Rows of the matrix above and below the price. */
const ROWS = 3;
/** How many standard deviations a picture shows to both sides. */
const WIDE = 2;

/** A round step so that about `many` of them fill `span`. */
export function stepOf(span, many) {
  const rough = span / many;
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * [1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough * (1 - 1e-9));
}

/** How far the price is likely to move until the first leg ends, as a fraction; a tenth where nobody knows. */
export function deviation(legs, spot, at) {
  const iv = volatilityOf(legs, spot);
  return iv === null ? 0.1 : Math.max(0.005, iv * Math.sqrt(yearsUntil(firstEnd(legs), at)));
}

/** [from, to]: prices that show the strikes, where the legs break even and where the price may go. */
export function rangeOf(legs, breakevens, spot, at) {
  const strikes = legs.map(({ strike }) => strike);
  const middle = spot ?? strikes[0];
  const wide = WIDE * deviation(legs, middle, at);
  const near = breakevens.filter((one) => Math.abs(Math.log(one / middle)) < 2 * wide);
  const [low, high] = [Math.min(...strikes, ...near), Math.max(...strikes, ...near)];
  const from = Math.min(low * 0.98, middle * Math.exp(-wide));
  return [Math.max(0, from), Math.max(high * 1.02, middle * Math.exp(wide))];
}

/** {spot, end, then} all over a range: what is earned when the first leg ends, and at `at` (ms). */
export function pointsOf(legs, breakevens, [from, to], at, rate) {
  const even = Array.from({ length: POINTS + 1 }, (_, step) => from + ((to - from) * step) / POINTS);
  const turns = [...legs.map(({ strike }) => strike), ...breakevens].filter((one) => one > from && one < to);
  const spots = [...new Set([...even, ...turns])].sort((one, other) => one - other);
  const end = firstEnd(legs);
  return spots.map((spot) => ({ spot, end: profit(legs, spot, end, rate), then: profit(legs, spot, at, rate) }));
}

/** [price, what is earned at each of `scales`] around the price, the highest first. */
export function matrixOf(legs, spot, now, at, rate, scales) {
  if (spot === null) return [];
  const step = stepOf(spot * deviation(legs, spot, now) * 2, 2 * ROWS);
  return Array.from({ length: 2 * ROWS + 1 }, (_, row) => {
    const there = spot + step * (ROWS - row);
    return [there, scales.map((scale) => (there > 0 ? profit(legs, there, at, rate, scale) : null))];
  });
}

const bound = (earned, word) => (earned === null ? "–" : Number.isFinite(earned) ? money(Math.abs(earned)) : word);

/** The figures of an outcome, in words. `found` is null where it is not known. */
export function figures(found, paid, chance) {
  const earns = found ? found.most : null;
  const loses = found ? found.least : null;
  return {
    paid: paid < 0 ? "Brings in" : "Costs",
    cost: bound(paid, ""),
    most: earns <= 0 && earns !== null ? "nothing" : bound(earns, "no limit"),
    least: loses >= 0 && loses !== null ? "nothing" : bound(loses, "no limit"),
    breakevens: found ? found.breakevens.map((one) => price(Number(one.toFixed(2)))).join(" · ") || "nowhere" : "–",
    chance: chance === null ? "–" : `${fixed(chance * 100, 0)}%`,
  };
}

/** One sentence for who does not see the picture. `ends` and `then` are days in words. */
export function sentence(name, symbol, words, ends, then, earned) {
  const even = words.breakevens.replaceAll(" · ", " and ");
  return (
    `${name} on ${symbol}, until ${ends}: ${words.paid.toLowerCase()} ${words.cost}, can earn ${words.most} and lose ` +
    `${words.least}, breaks even at ${even}, with a chance of a profit of ${words.chance}. ` +
    `At the price of now it comes to ${gain(earned)} ${then}.`
  );
}

/** What is not known of the legs, and so of all that takes it; "" where everything is. */
export function lacking(legs, spot, symbol) {
  const names = (all) => all.map(({ symbol: option }) => instrument(option)).join(", ");
  const [unpriced, unknown] = [legs.filter((leg) => leg.price == null), legs.filter((leg) => !(leg.iv > 0))];
  return [
    spot === null && `No price of ${symbol} is known.`,
    unpriced.length > 0 && `There is no price for ${names(unpriced)}: write one.`,
    unknown.length > 0 && `No volatility is known of ${names(unknown)}: what takes it is not shown.`,
  ]
    .filter(Boolean)
    .join(" ");
}
