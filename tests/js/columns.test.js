import { chosen, fitting } from "../../static/js/lib/columns.js";
import { claim, same } from "./claims.js";

const ALL = ["bid", "ask", "iv", "delta"];

claim("columns are kept in their order, and what is none any more is dropped", () => {
  same(chosen("delta phi bid", ALL), ["bid", "delta"]);
  same([chosen(null, ALL), chosen("", ALL), chosen("phi", ALL)], [ALL, ALL, ALL]);
});

claim("as many columns are shown as fit on both sides of the strike, but two", () => {
  same(fitting(ALL, 420), ["bid", "ask", "iv"]);
  same([fitting(ALL, 1_000), fitting(ALL, 100)], [ALL, ["bid", "ask"]]);
});
