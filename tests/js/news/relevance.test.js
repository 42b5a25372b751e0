import { named, relevance, storyRelevance } from "../../../static/js/news/relevance.js";
import { claim, same } from "../claims.js";

const book = { held: new Set(["AAPL", "SPY"]), watched: new Set(["NVDA", "AAPL"]), indices: new Set(["SPY", "QQQ"]) };
const near = (symbols, category = "other") => relevance({ symbols, category }, book);

claim("what is held is nearest, then what is watched, then indices, then the rest", () => {
  same([near(["NVDA", "AAPL"]), near(["NVDA"]), near(["QQQ"]), near(["F"]), near([])], ["held", "watched", "index", "market", "market"]);
  same([near(["SPY"]), near(["NVDA"], "macro"), near([], "macro"), near(["F"], "fed")], ["held", "watched", "index", "index"]);
});

claim("an option is named by what it is on", () => {
  same(["AAPL", "AAPL261218C00150000", "AAPL  261218C00150000", "BRK.B", "/ESZ6"].map(named), ["AAPL", "AAPL", "AAPL", "BRK.B", "/ESZ6"]);
});

claim("a story is as near as its nearest item", () => {
  const items = [["F"], ["NVDA"]].map((symbols) => ({ symbols, category: "other" }));
  same(storyRelevance({ items }, book), "watched");
});
