import { chipText, impactText, remarks, sentimentText, sourceStatus, sourceText } from "../../../static/js/news/news-text.js";
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

claim("impact says what it is measured against, and that too few say nothing", () => {
  const expected = { n: 31 };
  same(impactText({ impact: null }, 0), "");
  same(impactText({ impact: { state: "measured", expected, moves: [] } }, 0), "expected – (n 31, too few)");
  same(impactText({ impact: { state: "void", reason: "halted" } }, 0), "impact void: halted at the start");
});

claim("a source that is quiet says for how long, one that fails why and when it is tried again", () => {
  const quiet = { state: "quiet", item_at: 0, usual_gap_s: 1500, alive_at: 1_676_000 };
  same(sourceStatus(quiet, 1_680_000).text, "heard 4 s ago · answers; nothing new for 28 min, usual at most 25 min");
  same(sourceStatus({ state: "failing", reason: "it answers 500" }, 0), { word: "failing", text: "it answers 500" });
});

claim("a chip counts stories", () => same([chipText(1), chipText(2)], ["1 new story ↑", "2 new stories ↑"]));
