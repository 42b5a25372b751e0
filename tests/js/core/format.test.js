import * as format from "../../../static/js/core/format.js";
import { claim, same } from "../claims.js";

claim("a missing value is an en dash, never zero", () => {
  const formats = [format.price, format.money, format.change, format.percent, format.count, format.age, format.clock];
  for (const missing of [undefined, null, NaN, Infinity])
    same(
      formats.map((f) => f(missing)),
      Array(7).fill("–"),
    );
});

claim("zero is a value", () => same([format.price(0), format.money(0), format.percent(0)], ["0.00", "0.00", "0.00%"]));

claim("prices have two decimals, up to four where the venue gives them", () => {
  same([450.2, 1234.5, 0.1234, 0.00005].map(format.price), ["450.20", "1,234.50", "0.1234", "0.0001"]);
});

claim("a change always has its sign, unless it rounds to nothing", () => {
  same([4.1, -4.1, 0.001, -0.001].map(format.change), ["+4.10", "−4.10", "0.00", "0.00"]);
  same([0.81, -0.37].map(format.percent), ["+0.81%", "−0.37%"]);
});

claim("money is negative with a minus sign and has no plus", () => {
  same([100000, -12.345].map(format.money), ["100,000.00", "−12.35"]);
});

claim("arrows point where the value went", () => same([1, -1, 0, null].map(format.arrow), ["▲", "▼", "", ""]));

claim("an age is told in its largest unit and is never negative", () => {
  same([-50, 3_999, 119_000, 120_000, 7_200_000, 172_800_000].map(format.age), [
    "0 s",
    "3 s",
    "119 s",
    "2 min",
    "2 h",
    "2 d",
  ]);
});

claim("an age is shortened where there is little room", () => {
  same([4_000, 3_480_000, 7_200_000, 200_000_000, null].map(format.briefAge), ["4s", "58m", "2h", "2d", "–"]);
});

claim("Greeks, volatilities and strikes have the decimals a trader reads", () => {
  same([format.fixed(-0.2243, 3), format.fixed(0.5, 2), format.fixed(undefined, 2)], ["−0.224", "0.50", "–"]);
  same([format.volatility(0.1834), format.volatility(null)], ["18.3", "–"]);
  same([450, 2.5, 5450, undefined].map(format.strike), ["450", "2.5", "5,450", "–"]);
});

claim("a day is that of the exchange, whatever the reader's zone", () => {
  same(format.day("2026-12-18"), "18 Dec 2026");
});

claim("a veiled text tells of which option, and no amount", () => {
  same(format.veiled("Bought 2 QQQ 18 Dec 2026 450.5 C @ 12.25"), "Bought ••• QQQ 18 Dec 2026 450.5 C @ •••");
  same(format.veiled("Buy 1,200 /ESZ6 @ 5,000: needs $1,234.50."), "Buy ••• /ESZ6 @ •••: needs $•••");
});
