import { fit, ranked, symbolIn } from "../../../static/js/shell/search.js";
import { claim, same } from "../claims.js";

const things = ["Portfolio", "Options", "Go to Orders and fills", "Theme: dark"].map((name) => ({ name }));
const names = (query) => ranked(query, things).map(({ name }) => name);

claim("a beginning is better than a word, that than a part, that than scattered letters", () => {
  same(["po", "or", "tfo", "pf"].map((query) => fit(query, "Portfolio or")), [0, 1, 2, 3]);
  same(fit("xyz", "Portfolio"), null);
});

claim("what fits best comes first", () => {
  same(names("o"), ["Options", "Go to Orders and fills", "Portfolio"]);
  same(names("dark"), ["Theme: dark"]);
});

claim("nothing typed leaves all in their order", () => {
  same(names(""), things.map(({ name }) => name));
});

claim("a symbol is read in capitals, and a sentence is none", () => {
  same(["brk.b", " qqq ", "$spx", "/es"].map(symbolIn), ["BRK.B", "QQQ", "$SPX", "/ES"]);
  same(["", "go to", "1", "toolongtobeasymbol"].map(symbolIn), [null, null, null, null]);
});
