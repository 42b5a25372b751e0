// The order of a list's rows: the person's own, or by one column. Pure.

/** The columns that rows can be sorted by, and whether the largest comes first when one is pressed. */
export const SORTED = { symbol: false, last: true, change: true, percent: true, volume: true, iv_rank: true };

/** What pressing a column makes of a sort ({column, descending} or null): one way, the other way, the own order. */
export function pressed(sort, column) {
  const descending = SORTED[column];
  if (sort?.column !== column) return { column, descending };
  return sort.descending === descending ? { column, descending: !descending } : null;
}

/** What a column says of itself to who cannot see the order. */
export const spoken = (sort, column) =>
  sort?.column !== column ? "none" : sort.descending ? "descending" : "ascending";

const missing = (value) => value == null || Number.isNaN(value);

/**
 * `rows` in the order of a sort; `value(row, column)` is what is compared. What is not known comes last either way, and
 * equals stay in the own order.
 */
export function ordered(rows, sort, value) {
  if (!sort) return rows;
  const way = sort.descending ? -1 : 1;
  const keyed = rows.map((row) => ({ row, key: value(row, sort.column) }));
  keyed.sort(({ key: one }, { key: other }) => {
    if (missing(one) || missing(other)) return Number(missing(one)) - Number(missing(other));
    return one < other ? -way : one > other ? way : 0;
  });
  return keyed.map(({ row }) => row);
}

/** Where a key leads from row `at` of `count` rows, of which a page has ten; undefined for other keys. */
export function step(key, at, count) {
  const to = { ArrowUp: at - 1, ArrowDown: at + 1, PageUp: at - 10, PageDown: at + 10, Home: 0, End: count - 1 }[key];
  return to === undefined ? undefined : Math.max(0, Math.min(count - 1, to));
}

/** The symbols that somebody typed: apart by commas or blanks. The blanks within an option stay. */
export const typed = (text) =>
  text
    .split(text.includes("./") ? /[,;\n]+/ : /[,;\n]+|\s+(?!\s*\d{6}[CP]\d{8})/i)
    .map((one) => one.trim())
    .filter(Boolean);
