import { positionLines } from "../../../static/js/annotations/position-lines.js";
import { claim, same } from "../claims.js";

const held = (symbol, quantity, average_price) => ({ symbol, quantity, average_price });

claim("a line stands at the average price of each open position in the symbol, long or short", () => {
  const positions = [held("QQQ", 60, 436.7), held("QQQ", -12.5, 430), held("SPY", 5, 500), held("QQQ", 0, 1), held("QQQ", 3, null)];
  same(positionLines(positions, "QQQ"), [
    { price: 430, title: "−12.5", way: "down" },
    { price: 436.7, title: "+60", way: "up" },
  ]);
  same(positionLines(positions, "IWM"), []);
});
