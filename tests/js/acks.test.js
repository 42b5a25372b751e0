import { Acks } from "/static/js/lib/acks.js";
import { claim, same } from "./claims.js";

claim("a quarter of the window is acknowledged at once, with the newest number", () => {
  const acks = new Acks(32);
  const answers = [1, 2, 3, 4, 5, 6, 7, 8].map((seq) => acks.took(seq, 0));
  same(answers, [null, null, null, null, null, null, null, 8]);
});

claim("fewer frames are acknowledged a second after the first of them", () => {
  const acks = new Acks(32);
  acks.took(5, 100);
  same([acks.due(1_099), acks.due(1_100), acks.due(5_000)], [null, 5, null]);
});

claim("a window of one is acknowledged frame by frame", () => same(new Acks(1).took(9, 0), 9));
