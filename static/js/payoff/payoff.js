// What legs earn together: at any price of their underlying, on any day until the first of them ends, and how likely.
//
// A leg is {right ("C", "P"), strike, ends (ms), quantity (contracts, sold ones negative), price ($ a share), iv (a fraction,
// null where nobody knows it), dividend (the yield a year until it ends), multiplier (shares a contract)}. Legs that end
// later than the first are valued by the model, with their own volatility. What cannot be known is null, never 0.

import { normalCdf, value, yearsUntil } from "../options/pricing.js";

/** Less than this is nothing ($ a contract). */
const NOTHING = 1e-7;
const STEPS = 120;
/** Where some legs end later, bounds are looked for up to so many times the highest strike: the model errs far above it. */
const REACH = 1.5;
/** Golden section: where a maximum is looked for between two points. */
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** When the first of the legs ends (ms). */
export const firstEnd = (legs) => Math.min(...legs.map(({ ends }) => ends));

const sum = (values) => (values.includes(null) ? null : values.reduce((total, one) => total + one, 0));

/** What one leg is worth at `spot` at a moment, as `value` tells it; null where that takes a volatility nobody knows. */
export function valued(leg, spot, at, rate, scale = 1) {
  const years = yearsUntil(leg.ends, at);
  if (years > 0 && !(leg.iv > 0)) return null;
  return value(leg.right, spot, leg.strike, years, leg.iv * scale, rate, leg.dividend);
}

/** What the legs earn at `spot` at a moment, in $, with every volatility `scale` times what it is. */
export function profit(legs, spot, at, rate, scale = 1) {
  return sum(
    legs.map((leg) => {
      const found = valued(leg, spot, at, rate, scale);
      return found && isKnown(leg.price) ? leg.quantity * leg.multiplier * (found.price - leg.price) : null;
    }),
  );
}

const isKnown = (value) => typeof value === "number" && Number.isFinite(value);

/** What was paid for the legs, in $; negative where money came in. */
export const cost = (legs) =>
  sum(legs.map((leg) => (isKnown(leg.price) ? leg.quantity * leg.multiplier * leg.price : null)));

/** {delta, gamma, theta, vega} of all legs: in shares, shares a dollar, $ a day and $ a percentage point. */
export function greeks(legs, spot, at, rate) {
  const all = legs.map((leg) => valued(leg, spot, at, rate));
  const of = (name) =>
    sum(all.map((found, place) => found && legs[place].quantity * legs[place].multiplier * found[name]));
  return { delta: of("delta"), gamma: of("gamma"), theta: of("theta"), vega: of("vega") };
}

/**
 * What the legs come to when the first of them ends: {breakevens (prices, lowest first), most, least ($; infinite where there
 * is no bound), ranges ([from, to] in which they earn)}. Null where something is not known.
 */
export function outcome(legs, rate) {
  const at = firstEnd(legs);
  const earned = (spot) => profit(legs, spot, at, rate);
  if (earned(legs[0].strike) === null) return null;
  const isStraight = legs.every(({ ends }) => ends === at);
  const slope = legs.reduce((total, leg) => total + (leg.right === "C" ? leg.quantity * leg.multiplier : 0), 0);
  const points = places(legs, earned, slope, isStraight);
  const found = points.map(earned);
  const breakevens = crossings(points, found, earned);
  const reach = isStraight ? Infinity : reachOf(legs);
  const near = points.filter((point) => point <= reach);
  const [most, least] = [1, -1].map((sign) => sign * highest(near, found.slice(0, near.length), earned, sign, isStraight));
  return {
    breakevens,
    most: slope > NOTHING ? Infinity : most,
    least: slope < -NOTHING ? -Infinity : least,
    ranges: ranges(breakevens, earned, points.at(-1)),
  };
}

/** Prices between which nothing turns: the strikes and, where a curve is no straight line, many more. */
function places(legs, earned, slope, isStraight) {
  const strikes = legs.map(({ strike }) => strike);
  const top = Math.max(...strikes) * (isStraight ? 1 : 3) + 1;
  const beyond = slope && earned(top) * slope < 0 ? top + 2 * Math.abs(earned(top) / slope) : 2 * top;
  const even = Array.from({ length: STEPS }, (_, step) => (top * (step + 1)) / STEPS);
  const between = isStraight ? [] : [...even, reachOf(legs)];
  return [...new Set([0, ...strikes, ...between, top, beyond])].sort((one, other) => one - other);
}

const reachOf = (legs) => REACH * Math.max(...legs.map(({ strike }) => strike));
const signOf = (earned) => (Math.abs(earned) < NOTHING ? 0 : Math.sign(earned));

function crossings(points, found, earned) {
  const signs = found.map(signOf);
  return points.flatMap((point, at) => {
    if (signs[at] === 0) return signs[at - 1] || signs[at + 1] ? [point] : [];
    return signs[at] * (signs[at + 1] ?? 0) < 0 ? [root(earned, point, points[at + 1], signs[at])] : [];
  });
}

/** The price between two at which nothing is earned. */
function root(earned, low, high, sign) {
  let [from, to] = [low, high];
  for (let step = 0; step < 60; step += 1) {
    const middle = (from + to) / 2;
    if (earned(middle) * sign > 0) from = middle;
    else to = middle;
  }
  return (from + to) / 2;
}

/** The most that is earned, or with a `sign` of -1 lost. */
function highest(points, found, earned, sign, isStraight) {
  const all = found.map((one) => sign * one);
  const at = all.indexOf(Math.max(...all));
  if (isStraight) return all[at];
  let [from, to] = [points[Math.max(0, at - 1)], points[Math.min(points.length - 1, at + 1)]];
  for (let step = 0; step < 30; step += 1) {
    const [one, other] = [to - GOLDEN * (to - from), from + GOLDEN * (to - from)];
    if (sign * earned(one) > sign * earned(other)) to = other;
    else from = one;
  }
  return Math.max(all[at], sign * earned((from + to) / 2));
}

function ranges(breakevens, earned, last) {
  const edges = [0, ...breakevens, Infinity];
  return edges.slice(1).flatMap((to, at) => {
    const from = edges[at];
    const middle = to === Infinity ? Math.max(2 * from, last) : (from + to) / 2;
    return signOf(earned(middle)) > 0 ? [[from, to]] : [];
  });
}

/** The volatility that the chance of a profit is reckoned with: of the leg nearest the money among those that end first. */
export function volatilityOf(legs, spot) {
  const at = firstEnd(legs);
  const known = legs.filter(({ ends, iv }) => ends === at && iv > 0);
  known.sort((one, other) => Math.abs(one.strike - spot) - Math.abs(other.strike - spot));
  return known[0]?.iv ?? null;
}

/** The chance, 0 to 1, that the price stands in one of `found`'s ranges when the first leg ends; null if not known. */
export function probability(legs, found, spot, at, rate) {
  const iv = volatilityOf(legs, spot);
  const [years, first] = [yearsUntil(firstEnd(legs), at), legs.find(({ ends }) => ends === firstEnd(legs))];
  if (!found || iv === null || !(spot > 0) || years <= 0) return null;
  const spread = iv * Math.sqrt(years);
  const middle = Math.log(spot) + (rate - first.dividend) * years - (spread * spread) / 2;
  const below = (price) => normalCdf((Math.log(price) - middle) / spread);
  return found.ranges.reduce((total, [from, to]) => total + below(to) - below(from), 0);
}
