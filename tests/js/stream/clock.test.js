import { ServerClock } from "../../../static/js/stream/clock.js";
import { claim, same } from "../claims.js";

claim("before the first message the page's own clock counts", () => same(new ServerClock().now(5), 5));

claim("the offset is the least of the last minute", () => {
  const clock = new ServerClock();
  clock.onServerTime(1_000, 4_050);
  clock.onServerTime(2_000, 5_010);
  clock.onServerTime(3_000, 6_400);
  same(clock.offset, 3_010);
});

claim("a sample older than a minute is forgotten", () => {
  const clock = new ServerClock();
  clock.onServerTime(0, 10);
  clock.onServerTime(1_000, 1_500);
  clock.onServerTime(61_000, 61_200);
  same(clock.offset, 200);
});

claim("a server whose clock is ahead gives a negative offset", () => {
  const clock = new ServerClock();
  clock.onServerTime(10_000, 4_000);
  same(clock.now(4_500), 10_500);
});

claim("a clock that is set ahead is believed with the next message, not a minute later", () => {
  const clock = new ServerClock();
  clock.check(0, 5_000);
  clock.onServerTime(5_000, 5_010);
  clock.check(1_000, 36_000);
  clock.onServerTime(6_000, 36_010);
  same(clock.now(36_010), 6_000);
});

claim("a clock that only drifts keeps the least offset of the last minute", () => {
  const clock = new ServerClock();
  clock.check(0, 5_000);
  clock.onServerTime(5_000, 5_010);
  clock.check(1_000, 6_400);
  clock.onServerTime(6_000, 6_400);
  same(clock.offset, 10);
});
