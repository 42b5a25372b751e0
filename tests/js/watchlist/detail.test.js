import { facts, times } from "../../../static/js/watchlist/detail.js";
import { claim, same } from "../claims.js";

claim("of a symbol of which nothing is known every fact is missing, and none is zero", () => {
  const { used, name, ...texts } = facts();
  same([used, name, new Set(Object.values(texts)).size, texts.price], ["", "", 1, "–"]);
  same(Object.values(times()).filter((at) => at !== undefined), []);
});

claim("the mark is the last trade, else the middle of the book, and says which", () => {
  const both = facts({ bid: 10, ask: 10.5, last: 10.2, bid_size: 300, last_size: 0 });
  same([both.price, both.used, both.mid, both.spread], ["10.20", "last", "10.25", "0.50"]);
  same([both.bid, both.ask, both.last], ["10.00 × 300", "10.50", "10.20 × 0"]);
  const quiet = facts({ bid: 10, ask: 10.5 });
  same([quiet.price, quiet.used, quiet.last], ["10.25", "mid", "–"]);
  same([facts({ bid: 10 }).price, facts({ bid: 10 }).spread], ["–", "–"]);
  const nobody = facts({ bid: 0, ask: 0 });
  same([nobody.price, nobody.mid, nobody.spread, nobody.ask], ["–", "–", "–", "0.00"]);
});

claim("each part has its unit", () => {
  const told = facts({ change: -1.5, change_percentage: 0 }, { volume: 1234567, prev_close: 9 }, { iv: 0.183, iv_rank: 41.6 }, { beta: 1.184 });
  same([told.change, told.percent, told.volume, told.prev_close], ["−1.50", "0.00%", "1,234,567", "9.00"]);
  same([told.iv, told.iv_rank, told.beta], ["18.3%", "42", "1.18"]);
});
