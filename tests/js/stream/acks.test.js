import { Acks } from "../../../static/js/stream/acks.js";
import { claim, same } from "../claims.js";

const take = (acks, seq, now = 0) => {
  acks.took(seq, now);
  return acks.due(now);
};

claim("a quarter of the window is acknowledged at once, with the newest number", () => {
  const acks = new Acks(32);
  same(
    [1, 2, 3, 4, 5, 6, 7, 8].map((seq) => take(acks, seq)),
    [null, null, null, null, null, null, null, 8],
  );
});

claim("fewer frames are acknowledged a second after the first of them", () => {
  const acks = new Acks(32);
  acks.took(5, 100);
  same([acks.due(1_099), acks.due(1_100), acks.due(5_000)], [null, 5, null]);
});

claim("a page without timers acknowledges with whatever it hears next", () => {
  const acks = new Acks(32);
  same([take(acks, 5, 0), acks.due(25_000)], [null, 5]);
});

claim("a window of one is acknowledged frame by frame", () => same(take(new Acks(1), 9), 9));
