import { CAP_MS, Climb, FIRST_MS, LEAST_MS } from "../../../static/js/stream/upgrade-policy.js";
import { claim, same } from "../claims.js";

const MIDDLE = () => 0.5;

claim("there is nothing to try before anything failed, or once the best is in use", () => {
  const climb = new Climb(MIDDLE);
  same([climb.isDue(1e9), climb.at], [false, null]);
  climb.failed(0);
  climb.stop();
  climb.hasten(5);
  same(climb.isDue(1e9), false);
});

claim("pauses double up to ten minutes", () => {
  const climb = new Climb(MIDDLE);
  const pauses = Array.from({ length: 8 }, () => {
    climb.failed(0);
    return climb.at;
  });
  same(pauses, [15, 30, 60, 120, 240, 480, 600, 600].map((s) => s * 1_000));
  same(pauses.at(-1), CAP_MS);
});

claim("pauses are spread by a quarter to either side: a desk's pages must not climb together", () => {
  const at = (random) => {
    const climb = new Climb(() => random);
    climb.failed(0);
    return climb.at / FIRST_MS;
  };
  same([at(0), at(1)], [0.75, 1.25]);
});

claim("while one try is under way there is no other", () => {
  const climb = new Climb(MIDDLE);
  climb.failed(0);
  same([climb.isDue(FIRST_MS - 1), climb.isDue(FIRST_MS)], [false, true]);
  climb.start(FIRST_MS);
  same(climb.isDue(1e9), false);
});

claim("a page that is looked at again tries now, but not more often than every five seconds", () => {
  const climb = new Climb(MIDDLE);
  climb.failed(0);
  climb.start(100_000);
  climb.failed(100_001);
  climb.hasten(100_002);
  same(climb.at, 100_000 + LEAST_MS);
  same([climb.isDue(100_000 + LEAST_MS - 1), climb.isDue(100_000 + LEAST_MS)], [false, true]);
});

claim("another network begins with short pauses again", () => {
  const climb = new Climb(MIDDLE);
  for (let n = 0; n < 9; n += 1) climb.failed(0);
  climb.hasten(0, true);
  climb.start(0);
  climb.failed(0);
  same(climb.at, FIRST_MS);
});
