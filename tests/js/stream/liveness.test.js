import { FIRST_MS, GRACE_MS, Life } from "../../../static/js/stream/liveness.js";
import { claim, same } from "../claims.js";

const WALL = 1_700_000_000_000;
const BEAT = 25_000;

/** Look every second from `from` to `to`; returns [when, what] of the first look that is not "well". */
function looked(life, from, to, shift = 0) {
  for (let now = from; now <= to; now += 1_000) {
    const found = life.check(now, WALL + now + shift);
    if (found !== "well") return [now, found];
  }
  return null;
}

function delivering(canAsk) {
  const life = new Life(0, WALL, canAsk);
  life.onReceived(0, BEAT);
  life.onReceived(0);
  return life;
}

claim("what delivers nothing in ten seconds is dead, also when it was greeted", () => {
  same(looked(new Life(0, WALL), 0, 60_000), [FIRST_MS + 1_000, "dead"]);
  const greeted = new Life(0, WALL, true);
  greeted.onReceived(0, BEAT);
  same(looked(greeted, 0, 60_000), [FIRST_MS + 1_000, "dead"]);
});

claim("silence of two heartbeats is death, where nobody can be asked", () => {
  same(looked(delivering(false), 0, 90_000), [2 * BEAT + 1_000, "dead"]);
});

claim("a heartbeat that is late is asked for, and no answer is death", () => {
  const life = delivering(true);
  const [asked, what] = looked(life, 0, 90_000);
  same([asked, what], [BEAT + GRACE_MS + 1_000, "ask"]);
  same(looked(life, asked + 1_000, 90_000), [asked + GRACE_MS + 1_000, "dead"]);
});

claim("an answer is life", () => {
  const life = delivering(true);
  const [asked] = looked(life, 0, 90_000);
  life.onReceived(asked + 200);
  same(looked(life, asked + 1_000, asked + BEAT), null);
});

claim("a page that was frozen hears what waits for it before it judges", () => {
  const socket = delivering(true);
  same(looked(socket, 100_000, 100_000), [100_000, "ask"]);
  same(looked(socket, 101_000, 200_000), [100_000 + GRACE_MS + 1_000, "dead"]);
  same(looked(delivering(false), 100_000, 200_000), [100_000 + GRACE_MS + 1_000, "dead"]);
});

claim("a hidden page that may look once a minute keeps what sends heartbeats", () => {
  for (const canAsk of [true, false]) {
    const life = delivering(canAsk);
    for (let now = 0; now < 600_000; now += 60_000) {
      for (const beat of [10_000, 35_000, 59_000]) life.onReceived(now + beat);
      same(life.check(now + 60_000, WALL + now + 60_000) === "dead", false);
    }
  }
});

claim("a machine that slept for a while asks at once, and lets what cannot be asked show itself within five seconds", () => {
  const minute = 60_000;
  same(looked(delivering(true), 1_000, 2_000, minute), [1_000, "ask"]);
  same(looked(delivering(false), 1_000, 90_000, minute), [1_000 + GRACE_MS + 1_000, "dead"]);
});

claim("who slept for an hour waits for nothing that was before, whether this machine counts its sleep or not", () => {
  const hour = 3_600_000;
  for (const canAsk of [true, false]) {
    const life = delivering(canAsk);
    same(looked(life, 1_000, 2_000, hour), [1_000, "slept"]);
    same(looked(life, 2_000, BEAT, hour), null);
    same(looked(delivering(canAsk), hour, hour), [hour, "slept"]);
  }
});

claim("a clock that is set back or ahead kills nothing that goes on delivering", () => {
  for (const shift of [-3_600_000, 60_000]) {
    const life = delivering(false);
    life.check(1_000, WALL + 1_000);
    life.check(2_000, WALL + 2_000 + shift);
    life.onReceived(2_500);
    same(looked(life, 3_000, 2_500 + BEAT, shift), null);
  }
});
