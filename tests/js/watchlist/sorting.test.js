import { ordered, pressed, spoken, step, typed } from "../../../static/js/watchlist/sorting.js";
import { claim, isTrue, same } from "../claims.js";

const rows = [
  { symbol: "QQQ", last: 450 },
  { symbol: "VIX", last: undefined },
  { symbol: "SPY", last: 550 },
  { symbol: "IVV", last: 550 },
  { symbol: "GLD", last: null },
];
const by = (column, descending) =>
  ordered(rows, { column, descending }, (row, name) => row[name]).map(({ symbol }) => symbol);

claim("without a sort rows stand as their person put them", () => {
  isTrue(ordered(rows, null, () => 0) === rows);
});

claim("what is not known comes last whichever way, and equals stay in the own order", () => {
  same(by("last", true), ["SPY", "IVV", "QQQ", "VIX", "GLD"]);
  same(by("last", false), ["QQQ", "SPY", "IVV", "VIX", "GLD"]);
  same(by("symbol", false), ["GLD", "IVV", "QQQ", "SPY", "VIX"]);
});

claim("sorting loses no row, makes none, and sorting again changes nothing", () => {
  for (let seed = 1; seed < 60; seed++) {
    const some = Array.from({ length: seed % 9 }, (_, at) => {
      const value = (seed * 7919 * (at + 3)) % 11;
      return { at, value: value === 5 ? null : value };
    });
    for (const descending of [true, false]) {
      const sort = { column: "value", descending };
      const once = ordered(some, sort, (row, name) => row[name]);
      same(once.map(({ at }) => at).sort(), some.map(({ at }) => at).sort());
      same(ordered(once, sort, (row, name) => row[name]), once);
      const known = once.map(({ value }) => value).filter((value) => value !== null);
      for (const [at, value] of known.entries())
        isTrue(at === 0 || (descending ? known[at - 1] >= value : known[at - 1] <= value));
    }
  }
});

claim("a column is pressed one way, the other way, and off; the first way is the one that is looked for", () => {
  let sort = pressed(null, "percent");
  same(sort, { column: "percent", descending: true });
  same(spoken(sort, "percent"), "descending");
  same(spoken(sort, "last"), "none");
  sort = pressed(sort, "percent");
  same(spoken(sort, "percent"), "ascending");
  same(pressed(sort, "percent"), null);
  same(pressed(sort, "symbol"), { column: "symbol", descending: false });
});

claim("keys walk from row to row and stop at the ends", () => {
  same(
    ["ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End"].map((key) => step(key, 3, 30)),
    [2, 4, 0, 13, 0, 29],
  );
  same([step("ArrowUp", 0, 3), step("ArrowDown", 2, 3), step("PageDown", 1, 3), step("a", 1, 3)], [0, 2, 2, undefined]);
});

claim("symbols are typed apart by blanks or commas, and an option may have blanks of its own", () => {
  same(typed("qqq, spy;IWM\n /ESZ6  BTC/USD"), ["qqq", "spy", "IWM", "/ESZ6", "BTC/USD"]);
  same(typed("QQQ   241220C00450000 SPY"), ["QQQ   241220C00450000", "SPY"]);
  same(typed("./ESZ6 EW1Z6 261204C5450, SPY"), ["./ESZ6 EW1Z6 261204C5450", "SPY"]);
  same(typed("  ,, "), []);
});
