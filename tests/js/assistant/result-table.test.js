import { tableOf } from "../../../static/js/assistant/result-table.js";
import { claim, same } from "../claims.js";

claim("a result is its longest list as rows, and the plain values beside it", () => {
  const value = {
    quotes: [{ last: 450.96, symbol: "QQQ", bid: null, at: 1_700_000_000_000, book: { deep: 1 } }, { symbol: "SPY", last: null }],
    unknown: [], truncated: false, left_out: 0, session: "open",
  };
  const { facts, columns, rows } = tableOf(value);
  same(facts, [["session", "open"]]);
  same(columns, ["symbol", "at", "last"]);
  same([rows[0][0], rows[0][2], rows[1]], ["QQQ", "450.96", ["SPY", "–", "–"]]);
});

claim("a result without rows has none", () => {
  same(tableOf({ positions: [], as_of: null }), { facts: [], columns: [], rows: [] });
});
