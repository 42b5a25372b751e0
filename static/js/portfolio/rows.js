// What is held as rows of a table, as trading/display/positions.py writes them. Pure.

import { amount, change, direction, fixed, MISSING, money, option, price } from "../core/format.js";
import { accountName } from "./account-names.js";

const counted = (count, thing) => `${count.toLocaleString("en-US")} ${thing}${count === 1 ? "" : "s"}`;

/** Sort real money before any other. */
const place = ({ environment }) => `${environment === "live" ? 0 : 1}${environment}`;
const byName = (one, other) => (one < other ? -1 : one > other ? 1 : 0);
const sorted = (items, name) => [...items].sort((one, other) => byName(name(one), name(other)));

/** The sums of each environment, and those of each account. */
export function portfolios(all) {
  return {
    totals: sorted(
      all.filter(({ link }) => !link),
      place,
    ),
    accounts: sorted(
      all.filter(({ link }) => link),
      (one) => `${place(one)}\n${one.link}\n${one.account}`,
    ),
  };
}

/** The name of the group of a position. */
function groupOf(position, links) {
  const { environment = "" } = links.find(({ link }) => link === position.link) ?? {};
  return `${environment}|${position.underlying || option(position.symbol)?.root || position.symbol}`;
}

/** The rows of what is held: [{key, head, legs, positions}], by environment and underlying. */
export function groups(exposures, positions, links, { environments, accounts }) {
  const held = new Map();
  for (const one of sorted(positions, ({ symbol, link, account }) => `${symbol}\n${link}\n${account}`)) {
    const name = groupOf(one, links);
    held.set(name, [...(held.get(name) ?? []), one]);
  }
  return sorted(exposures, (one) => `${place(one)}\n${one.underlying}`).map((exposure) => {
    const key = `${exposure.environment}|${exposure.underlying}`;
    const mine = held.get(key) ?? [];
    const legs = mine.map((one) => leg(one, accounts > 1 ? accountName(one, links) : ""));
    const head = sums(exposure, legs, environments > 1);
    return { key, head, legs: legs.length > 1 ? legs : [], positions: mine };
  });
}

function sums(exposure, legs, several) {
  const [only] = legs.length === 1 ? legs : [];
  const note = only?.note ?? (legs.length ? counted(legs.length, "position") : "closed today");
  return {
    ...figures(exposure),
    name: exposure.underlying,
    note: note + (several ? ` · ${exposure.environment}` : ""),
    where: only?.where ?? "",
    quantity: only?.quantity ?? "",
    mark: only?.mark ?? "",
    price: only?.price,
    source: only?.source ?? "",
  };
}

function leg(position, where) {
  return {
    ...figures(position),
    note: described(position),
    where,
    quantity: amount(position.quantity),
    mark: price(position.mark),
    price: position.mark,
    source: position.mark_source ?? "",
  };
}

function figures({ value, day_pl: day, open_pl: open, delta, theta }) {
  return {
    value: money(value),
    day_pl: change(day),
    open_pl: change(open),
    delta: fixed(delta, 1),
    theta: fixed(theta, 2),
    ways: { day_pl: direction(day), open_pl: direction(open) },
  };
}

/** What a holding is within its group: its day, strike and right, or that it is shares. */
function described({ symbol, instrument }) {
  const text = option(symbol)?.text;
  if (text) return text;
  return (instrument == null || instrument === "Equity") && /^[A-Z]+$/.test(symbol) ? "Shares" : symbol;
}

/** The texts of the money of one portfolio. */
export function moneyOf(portfolio) {
  const texts = { lacks: lacks(portfolio) };
  for (const name of ["net_liq", "balance", "cash", "buying_power"]) texts[name] = money(portfolio[name]);
  for (const name of ["difference", "day_pl", "open_pl", "realised_pl"]) texts[name] = change(portfolio[name]);
  for (const name of ["delta", "theta", "vega", "beta_delta"]) texts[name] = fixed(portfolio[name], 1);
  return texts;
}

function lacks({ reason, unmarked, ungreeked }) {
  const parts = reason ? [reason] : [];
  if (unmarked && !reason) parts.push(`${counted(unmarked, "position")} not in the sums: no price is known.`);
  if (ungreeked) parts.push(`Greeks of ${counted(ungreeked, "position")} are missing.`);
  return parts.join(" ");
}

/** What is worth: by our marks, or while something has none by the venue. */
export const worth = ({ net_liq: ours, balance }) => money(ours ?? balance) || MISSING;
