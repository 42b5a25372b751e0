import { Sayings, tapeLine } from "../../../static/js/portfolio/tape-text.js";
import { claim, same } from "../claims.js";

const leg = { symbol: "QQQ", side: "buy", quantity: 2 };
const order = (id, status, filled) => ({ type: "order", link: "l", order: id, status, legs: [{ ...leg, filled }] });
const news = (sayings, facts) => facts.map(tapeLine).map((line) => sayings.isNews(line));

claim("a word on an order that reads like the one before it is no new line", () => {
  const facts = [order("1", "pending", 0), order("2", "pending", 0), order("1", "pending", 0), order("1", "filled", 2)];
  same(news(new Sayings(9), facts), [true, true, false, true]);
  const parts = [order("1", "partially_filled", 1), order("1", "partially_filled", 2)];
  same(news(new Sayings(9), parts), [true, true]);
  const back = [order("1", "working", 0), order("1", "pending", 0), order("1", "working", 0)];
  same(news(new Sayings(9), back), [true, true, true]);
});

claim("two fills that are alike are two lines", () => {
  const fill = { type: "fill", symbol: "QQQ", quantity: 1, price: 2, kind: "fill", order: "1", link: "l" };
  same(news(new Sayings(9), [fill, fill]), [true, true]);
});

claim("no more orders are remembered than there are lines", () => {
  const sayings = new Sayings(2);
  const facts = ["1", "2", "3", "1", "3"].map((id) => order(id, "pending", 0));
  same(news(sayings, facts), [true, true, true, true, false]);
});
