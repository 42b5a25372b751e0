import { fits, MOST, Stories } from "../../../static/js/news/stories.js";
import { claim, same } from "../claims.js";

const item = (id, more = {}) => ({
  id,
  version: 1,
  number: Number(id.slice(1)),
  story: id,
  source: "wire",
  received_at: Number(id.slice(1)) * 1000,
  symbols: ["NVDA"],
  category: "earnings",
  ...more,
});

claim("items are listed by arrival, the newest first, each once", () => {
  const stories = new Stories();
  same(stories.take([item("d1"), item("d2")]), ["d1", "d2"]);
  same(stories.take([item("d2"), item("d3")]), ["d3"]);
  same(stories.list().map(({ id }) => id), ["d3", "d2", "d1"]);
});

claim("a newer version takes the place of an item where it stands, an older one does not", () => {
  const stories = new Stories();
  stories.take([item("d1", { version: 3, headline: "new" }), item("d2")]);
  stories.take([item("d1", { version: 2, headline: "old" })]);
  same([stories.get("d1").headline, stories.list().map(({ id }) => id)], ["new", ["d2", "d1"]]);
});

claim("items of one story are one, at the place of the first, with its sources counted", () => {
  const stories = new Stories();
  stories.take([item("d1"), item("d2"), item("d3", { story: "d1", source: "press" }), item("d4", { story: "d1" })]);
  same(stories.list().map(({ id, sources, items }) => [id, sources, items.length]), [["d2", 1, 1], ["d1", 2, 3]]);
});

claim("one's own story that turns out to be the desk's stays where it was, and takes the desk's in", () => {
  const stories = new Stories();
  stories.take([item("p1", { received_at: 500, source: "hers" }), item("d1")]);
  same(stories.list().map(({ id, sources }) => [id, sources]), [["d1", 1], ["p1", 1]]);
  stories.take([item("p1", { received_at: 500, source: "hers", story: "d1", version: 2 })]);
  same(stories.list().map(({ id, sources }) => [id, sources]), [["p1", 2]]);
});

claim("filters ask for a symbol, for one's own, for a kind", () => {
  const book = { held: new Set(), watched: new Set(["QQQ"]), indices: new Set(["NVDA"]) };
  const holder = { ...book, held: new Set(["NVDA"]) };
  same(
    [["all", ""], ["NVDA", ""], ["QQQ", ""], ["mine", ""], ["mine", "", holder], ["all", "fed"]].map(
      ([scope, kind, whose = book]) => fits(item("d1"), { scope, kind, book: whose }),
    ),
    [true, true, false, false, true, false],
  );
});

claim("so many items are kept, the newest", () => {
  const stories = new Stories();
  stories.take(Array.from({ length: MOST + 5 }, (_, index) => item(`d${index + 1}`)));
  same([stories.size, stories.list().at(-1).id], [MOST, "d6"]);
});
