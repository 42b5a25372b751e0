import { HEIGHT, STEP_MS, Spark, WIDTH } from "../../../static/js/watchlist/sparkline.js";
import { claim, isTrue, same } from "../claims.js";

const OPEN = Date.UTC(2026, 10, 20, 14, 30);
const at = (step) => OPEN + step * STEP_MS;
const points = (spark) => spark.points.split(" ").map((point) => point.split(",").map(Number));

claim("one price, or none, is no line", () => {
  const spark = new Spark();
  same(spark.points, "");
  isTrue(spark.add(at(0), 10));
  isTrue(!spark.add(at(0) + 1, 11), "the same five minutes");
  same(spark.points, "");
  for (const nothing of [undefined, null, NaN]) isTrue(!spark.add(at(1), nothing));
  same(spark.points, "");
});

claim("a line goes from edge to edge, up for higher, and keeps the last price of each step", () => {
  const spark = new Spark();
  spark.add(at(0), 10);
  spark.add(at(2), 5);
  spark.add(at(2), 20);
  spark.add(at(4), 15);
  same(points(spark), [[0, HEIGHT - 1.5], [WIDTH / 2, 1.5], [WIDTH, 8]]);
});

claim("a price that does not move is a line in the middle", () => {
  const spark = new Spark();
  spark.fill([{ time: at(0), close: 7 }, { time: at(1), close: 7 }]);
  same(points(spark), [[0, HEIGHT / 2], [WIDTH, HEIGHT / 2]]);
});

claim("what was before fills in and changes nothing that is known", () => {
  const [live, whole] = [new Spark(), new Spark()];
  live.add(at(3), 12);
  live.fill([{ time: at(0), close: 11 }, { time: at(1), close: 10 }, { time: at(2), close: null }, { time: at(3), close: 99 }]);
  whole.fill([{ time: at(0), close: 11 }, { time: at(1), close: 10 }, { time: at(3), close: 12 }]);
  same(live.points, whole.points);
});

claim("a line begins with its day: what was before the night, or older than all hours, is left out", () => {
  const spark = new Spark();
  spark.fill([{ time: at(-190), close: 1 }, { time: at(-180), close: 2 }, { time: at(0), close: 10 }, { time: at(1), close: 11 }]);
  same(points(spark), [[0, HEIGHT - 1.5], [WIDTH, 1.5]]);
  const coin = new Spark();
  for (let step = 0; step < 1_000; step++) coin.add(at(step), 1_000 - step);
  same(points(coin).length, 192);
  for (const [x, y] of points(coin)) isTrue(x >= 0 && x <= WIDTH && y >= 0 && y <= HEIGHT);
});
