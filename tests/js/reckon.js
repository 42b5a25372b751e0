// Reckons payoffs for a test in Python: cases as JSON come in, what the page would show goes out.

import { cost, firstEnd, greeks, outcome, probability, profit, valued } from "../../static/js/payoff/payoff.js";
import { impliedDividend, normalCdf } from "../../static/js/options/pricing.js";

const parts = [];
for await (const part of process.stdin) parts.push(part);
const { cases, normal, pairs } = JSON.parse(Buffer.concat(parts).toString());

function reckoned({ legs, spot, at, rate, scale }) {
  const found = outcome(legs, rate);
  return {
    values: legs.map((leg) => valued(leg, spot, at, rate, scale)),
    greeks: greeks(legs, spot, at, rate),
    profit: profit(legs, spot, at, rate, scale),
    end: profit(legs, spot, firstEnd(legs), rate),
    cost: cost(legs),
    chance: probability(legs, found, spot, at, rate),
    breakevens: found.breakevens,
    most: found.most === Infinity ? "no limit" : found.most,
    least: found.least === -Infinity ? "no limit" : found.least,
  };
}

const answer = {
  cases: cases.map(reckoned),
  normal: normal.map(normalCdf),
  pairs: pairs.map((pair) => impliedDividend(...pair)),
};
process.stdout.write(JSON.stringify(answer));
