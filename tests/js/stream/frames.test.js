import { Receiver } from "../../../static/js/stream/frames.js";
import { claim, same } from "../claims.js";

const frame = (prev, seq, fact, facts = [], more = {}) => ({
  epoch: "1-a",
  prev,
  seq,
  fact,
  ...(facts.length ? { facts: facts.map((number) => ({ type: "notice", fact: number })) } : {}),
  ...more,
});

function began(fact = 10) {
  const receiver = new Receiver();
  receiver.apply(frame(0, 5, fact, [], { snapshot: true }));
  return receiver;
}

const told = (receiver, one) => receiver.apply(one).facts.map(({ fact }) => fact);

claim("each fact is told once, in order, however frames overlap", () => {
  const receiver = began();
  same([told(receiver, frame(5, 6, 12, [11, 12])), told(receiver, frame(5, 7, 13, [11, 12, 13]))], [[11, 12], [13]]);
});

claim("facts that a view hides are passed over", () => {
  const receiver = began();
  same([told(receiver, frame(5, 6, 15, [11, 14])), told(receiver, frame(6, 7, 16, [12, 13, 16]))], [[11, 14], [16]]);
});

claim("facts outlive an epoch: a snapshot of another one goes on with them", () => {
  const receiver = began();
  const other = frame(0, 2, 12, [10, 11, 12], { epoch: "2-b", snapshot: true });
  same([told(receiver, other), String(receiver.cursor)], [[11, 12], "2-b:2:12"]);
});

claim("a frame whose state is old may still tell a fact that is new", () => {
  const receiver = began();
  receiver.apply(frame(5, 9, 10));
  const late = receiver.apply(frame(5, 8, 11, [11]));
  same([late.verdict, late.facts.length, String(receiver.cursor)], ["drop", 1, "1-a:9:11"]);
});

claim("a frame behind a gap tells nothing: everything will be asked for again", () => {
  const receiver = began();
  const { verdict, facts } = receiver.apply(frame(7, 8, 11, [11]));
  same([verdict, facts, String(receiver.cursor)], ["gap", [], "1-a:5:10"]);
});

claim("whoever wants more asks for all state and for no fact twice", () => {
  const receiver = began();
  receiver.askWhole();
  same(String(receiver.cursor), "1-a:0:10");
  same(told(receiver, frame(0, 6, 11, [10, 11], { snapshot: true })), [11]);
});

claim("a poll without news moves on, in the same epoch only, and never back", () => {
  const receiver = began();
  const at = ["1-a:8:12", "1-a:6:11", "2-b:99:99", ""].map((text) => {
    receiver.level(text);
    return String(receiver.cursor);
  });
  same(at, Array(4).fill("1-a:8:12"));
});

claim("two carriers of one stream make no gap and no double, in whichever order their frames come", () => {
  // A board of 40 flushes with a fact in every third one; each carrier cuts it into frames of its own.
  const cut = (from, sizes) => {
    const frames = [];
    for (let at = from, n = 0; at < 40; n += 1) {
      const seq = Math.min(40, at + sizes[n % sizes.length]);
      const facts = [];
      for (let flush = at + 1; flush <= seq; flush += 1) if (flush % 3 === 0) facts.push(flush / 3);
      frames.push(frame(at, seq, Math.floor(seq / 3), facts));
      at = seq;
    }
    return frames;
  };
  let seed = 7;
  const random = () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
  for (let round = 0; round < 500; round += 1) {
    const [low, high] = [cut(5, [1, 3, 2]), cut(5, [4, 1, 7])];
    const receiver = new Receiver();
    receiver.apply(frame(0, 5, 1, [], { snapshot: true }));
    const facts = [];
    while (low.length || high.length) {
      const from = high.length === 0 || (low.length && random() < 0.5) ? low : high;
      const taken = receiver.apply(from.shift());
      if (taken.verdict === "gap") throw new Error("a gap");
      facts.push(...taken.facts.map(({ fact }) => fact));
    }
    same([String(receiver.cursor), facts], ["1-a:40:13", Array.from({ length: 12 }, (_, n) => n + 2)]);
  }
});
