// Facts of orders and accounts in words, as trading/display/tape.py writes them. Pure.

import { age, amount, instrument, money, price } from "../core/format.js";

const WORDS = {
  pending: "Pending",
  working: "Working",
  partially_filled: "Part filled",
  filled: "Filled",
  canceled: "Canceled",
  replaced: "Replaced",
  rejected: "Rejected",
  expired: "Expired",
  unknown: "Unknown",
  fill: "Fill",
  bust: "Bust",
  correction: "Corrected",
};
const TONES = {
  fill: "go",
  filled: "go",
  partially_filled: "go",
  working: "accent",
  pending: "accent",
  rejected: "stop",
  bust: "stop",
  correction: "amber",
};

const begun = (text) => text.charAt(0).toUpperCase() + text.slice(1);
const spaced = (text) => text.replaceAll("_", " ");

/** A venue's own word: capital first, the rest small. */
const worded = (text) => begun(spaced(text).toLowerCase());

/** The line of one fact: {word, tone, text, late, order, filled}, as in trading/display/tape.py; null for what is not on it. */
export function tapeLine(fact) {
  const text = { order, fill, activity }[fact.type]?.(fact);
  if (text === undefined) return null;
  const code = String((fact.type === "order" ? fact.status : fact.kind) || fact.type);
  const line = { word: WORDS[code] ?? worded(code), tone: TONES[code] ?? "", text, late: late(fact) };
  if (fact.type !== "order") return line;
  return { ...line, order: `${fact.link} ${fact.order}`, filled: filled(fact) };
}

/** What was last said of each order, of the newest `most`. */
export class Sayings {
  #said = new Map();

  constructor(most) {
    this.most = most;
  }

  /** Whether a line says something new: a word on an order that reads like the one before it does not. */
  isNews({ word, text, order: name, filled: done }) {
    if (!name) return true;
    const said = [word, text, done].join("\n");
    const isNews = this.#said.get(name) !== said;
    this.#said.delete(name);
    this.#said.set(name, said);
    if (this.#said.size > this.most) this.#said.delete(this.#said.keys().next().value);
    return isNews;
  }
}

function late({ recovered, late_s: seconds }) {
  if (!recovered) return "";
  return seconds == null ? "recovered" : `recovered, ${age(seconds * 1000)} late`;
}

function fill({ quantity, symbol, price: paid, kind }) {
  const done = quantity < 0 ? "Sold" : "Bought";
  const what = `${amount(Math.abs(quantity))} ${instrument(symbol)} @ ${price(paid)}`;
  if (kind === "bust") return `Taken back: ${done.toLowerCase()} ${what}`;
  return kind === "correction" ? `Was instead: ${done.toLowerCase()} ${what}` : `${done} ${what}`;
}

function order({ order: id, legs = [], price: limit, kind, reason }) {
  let text = begun(legs.map(leg).join(", ")) || `Order ${id}`;
  if (limit != null) text += ` @ ${price(limit)}`;
  else if (kind) text += ` ${spaced(kind)}`;
  return reason ? `${text}: ${reason}` : text;
}

const filled = ({ legs = [] }) => legs.map(({ filled: done }) => (done == null ? "" : amount(done))).join(" ");

const leg = ({ side, quantity, symbol }) =>
  `${side} ${quantity == null ? "" : `${amount(quantity)} `}${instrument(symbol)}`;

function activity({ text, venue_kind: venue, symbol, amount: sum }) {
  let words = String(text || venue || "");
  if (symbol && !words.includes(symbol)) words = `${instrument(symbol)} ${words}`;
  return sum == null ? words : `${words}: ${money(sum)}`;
}
