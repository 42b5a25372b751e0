import { HEALTHY_MS, TransportFallback, MEMORY_MS, TRIES } from "../../../static/js/stream/fallback.js";
import { claim, same } from "../claims.js";

/** A ladder whose carrier failed `times` in a row, while the desk answered. */
function fallen(times, ladder = new TransportFallback()) {
  for (let n = 0; n < times; n += 1) ladder.failed(true, 0);
  return ladder;
}

claim("a page begins with the WebSocket, and leaves it after three failures", () => {
  same([0, 1, 2, 3].map((times) => fallen(times).carrier), ["websocket", "websocket", "websocket", "sse"]);
});

claim("server-sent events are left for polls, and polls for another round from the top", () => {
  same([2 * TRIES, 3 * TRIES].map((times) => fallen(times).carrier), ["poll", "websocket"]);
});

claim("a desk that does not answer is down: no carrier is to blame, for however long", () => {
  const ladder = new TransportFallback();
  for (let n = 0; n < 50; n += 1) ladder.failed(false, 0);
  same(ladder.carrier, "websocket");
});

claim("a carrier that delivered for a while has one failure when it ends, not another one", () => {
  const ladder = fallen(TRIES - 1);
  same([ladder.failed(true, HEALTHY_MS), ladder.carrier], [false, "websocket"]);
  same([ladder.failed(true, 0), ladder.failed(true, 0), ladder.carrier], [false, true, "sse"]);
});

claim("one that delivers a little and breaks, again and again, is left too", () => {
  const ladder = new TransportFallback();
  same([1, 2, 3].map(() => ladder.failed(true, HEALTHY_MS - 1)), [false, false, true]);
});

claim("what was climbed to and breaks at once is left at once, for where the page came from", () => {
  const ladder = fallen(2 * TRIES);
  ladder.climbed("websocket");
  same([ladder.carrier, ladder.failed(true, 3_000), ladder.carrier], ["websocket", true, "poll"]);
});

claim("what was climbed to and holds is trusted again", () => {
  const ladder = fallen(TRIES);
  ladder.climbed("websocket");
  ladder.stands(HEALTHY_MS);
  same([ladder.failed(true, HEALTHY_MS), ladder.carrier], [false, "websocket"]);
});

claim("blocked are the carriers above the one in use", () => {
  same([0, TRIES, 2 * TRIES].map((times) => fallen(times).blocked), [[], ["websocket"], ["websocket", "sse"]]);
});

claim("the next page of a tab begins where this one stands, for ten minutes", () => {
  const memory = fallen(TRIES).memory(1_000);
  const recalled = (text, now) => {
    const ladder = new TransportFallback();
    ladder.recall(text, now);
    return ladder.carrier;
  };
  same([recalled(memory, 2_000), recalled(memory, 1_000 + MEMORY_MS), recalled(memory, 0)], ["sse", ...Array(2).fill("websocket")]);
  same([null, "", "pigeon 5", "sse"].map((text) => recalled(text, 6)), Array(4).fill("websocket"));
  same(new TransportFallback().memory(5), "");
});
