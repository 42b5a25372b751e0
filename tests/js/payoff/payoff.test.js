import { cost, firstEnd, greeks, outcome, probability, profit, volatilityOf } from "../../../static/js/payoff/payoff.js";
import { claim, isTrue, same } from "../claims.js";

const DAY = 86_400_000;
const RATE = 0.04;
const MADE = { ends: 30 * DAY, iv: 0.2, dividend: 0.01, multiplier: 100 };
const leg = (quantity, right, strike, price, more = {}) => ({ ...MADE, quantity, right, strike, price, ...more });
const cents = (values) => values.map((value) => Math.round(value * 100) / 100);

claim("a long call can lose what it cost, and earn without a bound", () => {
  const found = outcome([leg(1, "C", 100, 2.5)], RATE);
  same(cents(found.breakevens), [102.5]);
  same([found.most === Infinity, found.least, found.ranges.length], [true, -250, 1]);
});

claim("a short put earns what it brought, and loses down to a price of nothing", () => {
  const found = outcome([leg(-2, "P", 100, 3)], RATE);
  same([cents(found.breakevens), found.most, found.least], [[97], 600, -19_400]);
});

claim("an iron condor breaks even on both sides of its short strikes", () => {
  const legs = [leg(1, "P", 90, 0.5), leg(-1, "P", 95, 1.25), leg(-1, "C", 105, 1.25), leg(1, "C", 110, 0.5)];
  const found = outcome(legs, RATE);
  same([cents(found.breakevens), cents([found.most, found.least])], [[93.5, 106.5], [150, -350]]);
  same(cents([cost(legs)]), [-150]);
});

claim("a breakeven far beyond the highest strike is found, and one at a strike", () => {
  same(cents(outcome([leg(1, "C", 10, 60)], RATE).breakevens), [70]);
  same(cents(outcome([leg(1, "C", 100, 0), leg(-1, "C", 110, 0)], RATE).breakevens), [100]);
  same(outcome([leg(1, "C", 100, 1), leg(-1, "C", 100, 1)], RATE).breakevens, []);
});

claim("legs that end later are worth what the model says when the first one ends", () => {
  const legs = [leg(-1, "C", 100, 2), leg(1, "C", 100, 3.5, { ends: 90 * DAY })];
  const found = outcome(legs, RATE);
  same([firstEnd(legs), found.breakevens.length], [30 * DAY, 2]);
  isTrue(found.breakevens[0] < 100 && found.breakevens[1] > 100);
  isTrue(found.most > profit(legs, 99, 30 * DAY, RATE) && found.most < Infinity);
  isTrue(found.most >= profit(legs, 100, 30 * DAY, RATE));
  isTrue(Math.abs(found.least + 150) < 0.01, "it loses what it cost");
  const yielding = legs.map((leg) => ({ ...leg, dividend: 0.03 }));
  isTrue(Math.abs(outcome(yielding, RATE).least + 150) < 10, "whatever the model says of absurd prices");
});

claim("a volatility that is missing makes unknown what takes it, and nothing else", () => {
  const [known, missing] = [leg(1, "C", 100, 2), leg(-1, "C", 105, 1, { iv: null })];
  same(outcome([known, missing], RATE).least, -100);
  same(profit([known, missing], 100, 0, RATE), null);
  same(greeks([known, missing], 100, 0, RATE), { delta: null, gamma: null, theta: null, vega: null });
  same(outcome([known, { ...missing, ends: 60 * DAY }], RATE), null);
  same(volatilityOf([missing], 100), null);
  same(probability([missing], outcome([missing], RATE), 100, 0, RATE), null);
});

claim("a price that is missing is not nothing", () => {
  const legs = [leg(1, "C", 100, null)];
  same([cost(legs), profit(legs, 100, 0, RATE), outcome(legs, RATE)], [null, null, null]);
});

claim("the chance of a profit is that of the prices which bring one", () => {
  const call = [leg(1, "C", 100, 2)];
  const put = [leg(-1, "C", 100, 2)];
  const chance = (legs) => probability(legs, outcome(legs, RATE), 100, 0, RATE);
  isTrue(chance(call) > 0.25 && chance(call) < 0.5);
  isTrue(Math.abs(chance(call) + chance(put) - 1) < 1e-9);
  same(chance([leg(1, "C", 100, -1)]), 1);
});
