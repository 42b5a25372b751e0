import { chipText, impactText, otherText, remarks, sentimentText, sourceStatus, sourceText } from "../../../static/js/news/news-text.js";
import { claim, same } from "../claims.js";

const item = { published_by: "source", received_at: 0, recovered: false, revision: 1, source_name: "Wire", symbols: [] };

claim("sentiment has its word, its value and its method", () => {
  const lexicon = { sentiment_by: "lexicon", sentiment_version: 1 };
  same(
    [
      sentimentText({ sentiment: 0.58, sentiment_word: "positive", ...lexicon }),
      sentimentText({ sentiment: -0.4, sentiment_word: "negative", ...lexicon }),
      sentimentText({ sentiment: null }),
    ],
    ["positive +0.58, lexicon 1", "negative −0.40, lexicon 1", "no sentiment"],
  );
});

claim("what is odd about an item is said, and nothing else", () => {
  same(remarks(item), []);
  same(remarks({ ...item, recovered: true, late_s: 41 }), ["recovered after a gap, 41 s late"]);
  same(remarks({ ...item, revision: 2, updated_at: 0 })[0].endsWith("2 versions"), true);
  same(remarks({ ...item, published_by: "arrival" })[0].startsWith("no time given: "), true);
});

claim("sources are counted, who wrote it is named beside who carried it, and what came by an own key is marked", () => {
  const [desks, own] = [{ ...item, id: "d1" }, { ...item, id: "p1" }];
  const told = (first, items, sources) => sourceText({ first, items, sources });
  same(
    [
      told(desks, [desks], 1),
      told({ ...desks, publisher: "Benzinga" }, [desks], 3),
      told(own, [own], 1),
      told(desks, [desks, own], 2),
    ],
    ["Wire", "Benzinga, Wire, 3 sources", "Wire, your own", "Wire, 2 sources, one your own"],
  );
});

claim("what another source told says who it is, and whether that is simulated", () => {
  const told = { source_name: "Press", headline: "Orchard opens a plant", simulated: false };
  same(
    [otherText(told), otherText({ ...told, simulated: true })],
    ["Press: Orchard opens a plant", "Press (simulated): Orchard opens a plant"],
  );
});

const few = { low: null, mid: null, high: null, n: 31 };
const still = { minutes: 5, ends_at: 0, move: null, done: false, void: null, confounded: false, by: "quotes", expected: few };
const moved = (moves, rest = {}) =>
  impactText({ impact: { state: "measuring", reason: null, beyond: "SPY", before: null, moves, ...rest } });

claim("impact says what was expected, and that too few moves let expect nothing", () => {
  same(impactText({ impact: null }), "");
  same(moved([still]), "expected – (n 31, too few)");
  same(moved([{ ...still, expected: { low: 0.12, mid: 0.4, high: 0.845, n: 61 } }]), "expected 0.12–0.84% (n 61)");
});

claim("impact that is void says why, at the start and at the end of a window", () => {
  const ended = { ...still, done: true, void: "halted" };
  same(moved([ended], { state: "void", reason: "halted" }), "expected – (n 31, too few) · impact void: halted at the start");
  same(moved([ended, still]), "expected – (n 31, too few) · 5 min void: halted at the end");
});

claim("a move says what it is beyond, and one that is under way when it ends", () => {
  const done = { ...still, done: true, move: 0.41 };
  same(moved([{ ...still, move: 0.41 }]).replace(/\d\d:\d\d:\d\d/, "…"), "expected – (n 31, too few) · so far ▲ +0.41% beyond SPY, 5 min end …");
  same(moved([done, { ...done, minutes: 15, move: -0.2, confounded: true, by: "candles" }]),
    "expected – (n 31, too few) · 5 min ▲ +0.41% beyond SPY · 15 min ▼ −0.20% beyond SPY, by candles, confounded");
  same(moved([done], { beyond: null }), "expected – (n 31, too few) · 5 min ▲ +0.41%");
  same(moved([{ ...done, move: -0.004 }], { beyond: null }), "expected – (n 31, too few) · 5 min 0.00%");
});

claim("what had moved before is said, and that much was known where nothing after it was as large", () => {
  const done = { ...still, done: true, move: 0.2 };
  same(moved([done], { before: -0.31 }).split(" · ").at(-1), "before it −0.31%: much was known");
  same(moved([done, { ...done, minutes: 15, move: 0.4 }], { before: -0.31 }).split(" · ").at(-1), "before it −0.31%");
  same(moved([{ ...still, move: 0.01 }], { before: -0.31 }).split(" · ").at(-1), "before it −0.31%");
});

claim("a source that is quiet says for how long, one that fails why and when it is tried again", () => {
  const quiet = { state: "quiet", item_at: 0, usual_gap_s: 1500, alive_at: 1_676_000 };
  same(sourceStatus(quiet, 1_680_000).text, "heard 4 s ago · answers; nothing new for 28 min, usual at most 25 min");
  same(sourceStatus({ state: "failing", reason: "it answers 500" }, 0), { word: "failing", text: "it answers 500" });
});

claim("a chip counts stories", () => same([chipText(1), chipText(2)], ["1 new story ↑", "2 new stories ↑"]));
