// Alerts as lines at prices: which of a person's rules are some, and what moving one makes of it. Pure.

import { isKnown, MISSING, price as priceText } from "../core/format.js";

const WORDS = { crosses_up: "crosses up", crosses_down: "crosses down", crosses: "crosses", above: "above", below: "below" };
/** A price below a dollar moves by hundredths of a cent. */
const STEPS = { fine: 4, usual: 2 };

/** How a level is watched, in words. */
export const levelText = (is) => WORDS[is] ?? is;

const partsOf = (rule) => rule.when.all ?? rule.when.any ?? [];

/**
 * The levels of these alerts (as /api/alerts/ tells them) of the last price of `symbol`: [{key, rule, version, at, is,
 * price, others}, …]; `at` is the place in the rule, `others` how many more conditions it has.
 */
export function levelsOf(alerts, symbol) {
  return alerts.flatMap(({ id, version, rule }) =>
    partsOf(rule).flatMap((part, at) => {
      if (!isLevel(part, symbol)) return [];
      return [{ key: `${id}.${at}`, rule: id, version, at, is: part.is, price: part.value, others: partsOf(rule).length - 1 }];
    }),
  );
}

const isLevel = (part, symbol) => part.field === `${symbol}.last` && part.is in WORDS && isKnown(part.value) && !part.for_s;

/** The rule with the level at this place moved to `price`; null where there is none any more. */
export function movedRule(rule, { at, is }, symbol, price) {
  const part = partsOf(rule)[at];
  if (!part || part.is !== is || !isLevel(part, symbol)) return null;
  const how = rule.when.all ? "all" : "any";
  return { ...rule, when: { ...rule.when, [how]: rule.when[how].with(at, { ...part, value: price }) } };
}

/** How a price gets from `last` to the level: the way in which a new line waits for it. */
export function crossing(price, last) {
  if (!isKnown(last) || price === last) return "crosses";
  return price > last ? "crosses_up" : "crosses_down";
}

/** The rule of a line that was drawn. */
export const newRule = (symbol, price, last) => ({
  when: { all: [{ field: `${symbol}.last`, is: crossing(price, last), value: price }] },
  trigger: "once",
});

const places = (price) => (Math.abs(price) < 1 ? STEPS.fine : STEPS.usual);

/** The nearest price that can be written, and that many steps away from it; never zero or less. */
export function stepped(price, steps = 0) {
  const digits = places(price);
  const whole = Math.round(price * 10 ** digits) + steps;
  return Number((Math.max(whole, 1) / 10 ** digits).toFixed(digits));
}

/** "1.54 away, 0.34 %"; "" without a last price. */
export function awayText(price, last) {
  if (!isKnown(last) || !last) return "";
  const away = Math.abs(price - last);
  return `${priceText(away)} away, ${((away / last) * 100).toFixed(2)} %`;
}

/** Where a line is, for who listens. */
export function spoken({ price, is, word, last }) {
  const away = awayText(price, last);
  return [`${isKnown(price) ? priceText(price) : MISSING}`, levelText(is), away, word].filter(Boolean).join(", ");
}
