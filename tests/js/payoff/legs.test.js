import { Legs } from "../../../static/js/payoff/legs.js";
import { lacking, matrixOf, pointsOf, rangeOf, sentence, stepOf, figures } from "../../../static/js/payoff/view.js";
import { claim, isTrue, same } from "../claims.js";

const CALL = { symbol: "QQQ261218C00450000", right: "C", strike: 450 };
const shown = (legs) => legs.all.map(({ symbol, quantity, price }) => [symbol.slice(9, 10), quantity, price]);
const MADE = { ends: 30 * 86_400_000, iv: 0.2, dividend: 0, multiplier: 100 };
const LONG = [{ ...CALL, ...MADE, quantity: 1, price: 9 }];

claim("what is clicked again grows at its mean price, and the other side takes one back", () => {
  const legs = new Legs();
  legs.trade(CALL, 1, 3);
  legs.trade(CALL, 1, 4);
  same(shown(legs), [["C", 2, 3.5]]);
  legs.trade(CALL, -1, 9);
  same(shown(legs), [["C", 1, 3.5]]);
  legs.trade(CALL, -1, 9);
  same(shown(legs), []);
  legs.trade(CALL, -1, 2);
  same(shown(legs), [["C", -1, 2]]);
});

claim("a leg without a price has none when it grows", () => {
  const legs = new Legs();
  legs.trade(CALL, 1, null);
  legs.trade(CALL, 1, 4);
  same(shown(legs), [["C", 2, null]]);
  legs.change(CALL.symbol, { price: 5 });
  legs.change("none", { price: 6 });
  same(shown(legs), [["C", 2, 5]]);
});

claim("legs that were kept are taken up, and those that have ended are dropped", () => {
  const legs = new Legs();
  legs.trade({ ...CALL, symbol: "QQQ261218P00450000" }, 1, 3);
  const [early, late] = [1_000, 2_000].map((ends, at) => ({ ...CALL, symbol: `QQQ26121${at}C00450000`, ends, quantity: 1 }));
  legs.adopt([early, late]);
  same(legs.all, [early, late]);
  same(legs.expire(999), []);
  same(legs.expire(1_000), [early]);
  same(legs.all, [late]);
});

claim("steps are round", () => {
  same([stepOf(100, 5), stepOf(0.9, 3), stepOf(61, 6), stepOf(1_300, 6)], [20, 0.5, 20, 250]);
});

claim("a picture shows the strikes, the price and where the legs break even", () => {
  const [from, to] = rangeOf(LONG, [459], 500, 0);
  isTrue(from < 450 && to > 520);
  const points = pointsOf(LONG, [459], [from, to], 0, 0.04);
  isTrue(points.some(({ spot }) => spot === 450) && points.some(({ spot }) => spot === 459));
  same(points.find(({ spot }) => spot === 450).end, -900);
});

claim("the matrix has the price of now in its middle, and nothing without one", () => {
  const rows = matrixOf(LONG, 450, 0, 0, 0.04, [0.5, 1]);
  same([rows.length, rows[3][0], rows[0][0] > 450], [7, 450, true]);
  isTrue(rows[3][1][0] < rows[3][1][1], "less volatility, less worth");
  same(matrixOf(LONG, null, 0, 0, 0.04, [1]), []);
});

claim("figures are figures in words, and what is not known with a dash", () => {
  same(figures({ most: Infinity, least: -900, breakevens: [459] }, 900, 0.414), {
    paid: "Costs",
    cost: "900.00",
    most: "no limit",
    least: "900.00",
    breakevens: "459.00",
    chance: "41%",
  });
  same(figures({ most: -5, least: -10, breakevens: [] }, -900, 0), {
    paid: "Brings in",
    cost: "900.00",
    most: "nothing",
    least: "10.00",
    breakevens: "nowhere",
    chance: "0%",
  });
  same(Object.values(figures(null, null, null)).slice(1), ["–", "–", "–", "–", "–"]);
});

claim("a sentence says all of it, and another what is missing", () => {
  const words = figures({ most: 150, least: -350, breakevens: [93.5, 106.5] }, -150, 0.62);
  same(
    sentence("Iron condor", "QQQ", words, "18 Dec", "today", -12),
    "Iron condor on QQQ, until 18 Dec: brings in 150.00, can earn 150.00 and lose 350.00, breaks even at 93.50 and 106.50, " +
      "with a chance of a profit of 62%. At the price of now it comes to −12 today.",
  );
  same(lacking(LONG, 450, "QQQ"), "");
  same(
    lacking([{ ...LONG[0], iv: null, price: null }], null, "QQQ"),
    "No price of QQQ is known. There is no price for QQQ 18 Dec 2026 450 C: write one. " +
      "No volatility is known of QQQ 18 Dec 2026 450 C: what takes it is not shown.",
  );
});
