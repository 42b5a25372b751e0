// The result of a tool as a table and what stands beside it. Pure.

import { MISSING, amount, clock, instrument } from "../core/format.js";

const MOST_COLUMNS = 8;
const FIRST = ["symbol", "name", "at", "label", "underlying"];
const TIME = /(^|_)(at|time|change)$/;
const isPlain = (value) => value === null || typeof value !== "object";
const isRow = (value) => !isPlain(value) && !Array.isArray(value);
const isRows = (value) => Array.isArray(value) && value.length > 0 && value.every(isRow);

/**
 * {facts: [[name, text]], columns: [name], rows: [[text]]}: the longest list of rows, its fullest columns, and the plain
 * values beside it.
 */
export function tableOf(value) {
  const lists = Object.values(value).filter(isRows);
  const [longest = []] = lists.sort((one, other) => other.length - one.length);
  const columns = columnsOf(longest);
  return {
    facts: Object.entries(value)
      .filter(([, one]) => isPlain(one) && one) // none, 0 and false say nothing
      .map(([name, one]) => [words(name), text(name, one)]),
    columns: columns.map(words),
    rows: longest.map((row) => columns.map((name) => text(name, row[name]))),
  };
}

function columnsOf(rows) {
  const all = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const names = all.filter((name) => rows.some((row) => isPlain(row[name]) && row[name] != null));
  const first = FIRST.filter((name) => names.includes(name));
  return [...first, ...names.filter((name) => !first.includes(name))].slice(0, MOST_COLUMNS);
}

const words = (name) => name.replaceAll("_", " ");

function text(name, value) {
  if (value == null || value === "") return MISSING;
  if (typeof value === "number") return TIME.test(name) && value > 1e11 ? clock(value) : amount(value);
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "object" ? JSON.stringify(value) : instrument(value);
}
