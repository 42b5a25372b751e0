import { delay } from "../../../static/js/stream/backoff.js";
import { claim, isTrue, same } from "../claims.js";

claim("the first wait is under half a second", () => isTrue(delay(1, () => 0) === 500 && delay(1, () => 0.5) === 250));

claim("the ceiling doubles up to 30 s", () => {
  same(
    [1, 2, 3, 6, 7, 8, 40].map((failures) => delay(failures, () => 0)),
    [500, 1000, 2000, 16000, 30000, 30000, 30000],
  );
});

claim("jitter is full: a wait can be almost nothing, but never nothing", () => isTrue(delay(9, () => 0.9999) === 125));
