import { chosen, fitting, sides } from "../../../static/js/chain/columns.js";
import { claim, same } from "../claims.js";

const ALL = ["bid", "ask", "iv", "delta"];

claim("columns are kept in the order they were given, and what is none any more is dropped", () => {
  same(chosen("delta phi bid delta", ALL), ["delta", "bid"]);
  same([chosen(null, ALL), chosen("", ALL), chosen("phi", ALL)], [ALL, ALL, ALL]);
});

claim("columns stand alike from the strike outwards, but the book is read from left to right on both sides", () => {
  same(sides(ALL), { call: ["delta", "iv", "bid", "ask"], put: ALL });
  same(sides(["delta", "bid", "iv", "ask"]).call, ["bid", "iv", "ask", "delta"]);
  same(sides(["ask", "bid"]).call, ["bid", "ask"]);
});

claim("as many columns are shown as fit on both sides of the strike, but two", () => {
  same(fitting(ALL, 420), ["bid", "ask", "iv"]);
  same([fitting(ALL, 1_000), fitting(ALL, 100)], [ALL, ["bid", "ask"]]);
});
