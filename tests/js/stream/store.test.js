import { Store } from "../../../static/js/stream/store.js";
import { claim, same } from "../claims.js";

const QUOTE = { type: "quote", symbol: "QQQ", bid: 450.24, ask: 450.26, at: 1 };

claim("fields are merged: what a frame does not carry stays, null means missing", () => {
  const store = new Store();
  store.apply([QUOTE]);
  store.apply([{ type: "quote", symbol: "QQQ", bid: null, at: 2 }]);
  same(store.get("quote", "QQQ"), { ...QUOTE, bid: null, at: 2 });
});

claim("what is gone is removed", () => {
  const store = new Store();
  store.apply([QUOTE]);
  store.apply([{ type: "quote", symbol: "QQQ", gone: true }]);
  same([store.get("quote", "QQQ") ?? null, store.all("quote")], [null, []]);
});

claim("what is gone is told apart from what was never there, until it is back", () => {
  const store = new Store();
  const told = () => ["QQQ", "SPY"].map((symbol) => store.isGone("quote", symbol));
  same(told(), [false, false]);
  store.apply([QUOTE, { type: "quote", symbol: "SPY", gone: true }]);
  same(told(), [false, true]);
  store.apply([QUOTE], true);
  same(told(), [false, true]);
  store.apply([{ type: "quote", symbol: "SPY", bid: 1 }]);
  same(told(), [false, false]);
});

claim("a snapshot drops what is not in it", () => {
  const store = new Store();
  store.apply([QUOTE, { type: "market", session: "open" }]);
  store.apply([{ type: "quote", symbol: "SPY", bid: 1 }], true);
  same([store.all("quote").map((quote) => quote.symbol), store.get("market") ?? null], [["SPY"], null]);
});

claim("balances are kept apart by link and account", () => {
  const store = new Store();
  store.apply([
    { type: "balance", link: "b", account: "2", balance: 2 },
    { type: "balance", link: "a", account: "1", balance: 1 },
  ]);
  same(
    store.all("balance").map((one) => one.balance),
    [1, 2],
  );
});

claim("unknown types are counted and change nothing", () => {
  const store = new Store();
  store.apply([{ type: "weather", city: "Chicago" }]);
  same(store.unknown, 1);
});

claim("listeners of a slot and of its type hear it once per frame, others do not", () => {
  const store = new Store();
  const heard = [];
  store.listen("quote|QQQ", () => heard.push("QQQ"));
  store.listen("quote|SPY", () => heard.push("SPY"));
  const stop = store.listen("quote", () => heard.push("quotes"));
  store.apply([QUOTE, { ...QUOTE, bid: 7 }]);
  stop();
  store.apply([], true);
  same(heard, ["QQQ", "quotes", "QQQ"]);
});

claim("what is not watched any more is forgotten, even where a frame with it was under way", () => {
  const store = new Store();
  const brings = [
    { type: "quote", symbol: "QQQ", last: 1 },
    { type: "day", symbol: "QQQ", low: 1 },
    { type: "greeks", symbol: "QQQ", delta: 1 },
    { type: "quote", symbol: "SPY", last: 1 },
  ];
  store.apply(brings);
  store.rewatch({ remove: { quotes: ["QQQ"] } }, 1_000);
  store.apply(brings);
  same([store.get("quote", "QQQ"), store.get("day", "QQQ")], [undefined, undefined]);
  same([store.get("greeks", "QQQ").delta, store.get("quote", "SPY").last], [1, 1]);
});

claim("what is watched again is taken again", () => {
  const store = new Store();
  store.rewatch({ remove: { greeks: ["A"] } }, 1_000);
  store.rewatch({ add: { greeks: ["A"] } }, 2_000);
  store.apply([{ type: "greeks", symbol: "A", delta: 1 }]);
  same(store.get("greeks", "A").delta, 1);
});

claim("what was let go long ago takes no room", () => {
  const store = new Store();
  store.rewatch({ remove: { greeks: ["A"] } }, 1_000);
  store.rewatch({ remove: { greeks: ["B"] } }, 20_000);
  store.apply([{ type: "greeks", symbol: "A" }, { type: "greeks", symbol: "B" }]);
  same(store.all("greeks").map(({ symbol }) => symbol), ["A"]);
});

claim("what was last known stays through a snapshot until its slot is told, and leaves nothing in it", () => {
  const store = new Store();
  store.apply([{ ...QUOTE, held: true }, { type: "quote", symbol: "SPY", last: 1, held: true }], true);
  store.apply([{ type: "quote", symbol: "QQQ", last: 2 }], true);
  same(store.get("quote", "QQQ"), { type: "quote", symbol: "QQQ", last: 2 });
  same(store.get("quote", "SPY").held, true);
});

claim("holdings that were last known go together once what is held is valued", () => {
  const store = new Store();
  const old = { link: "a", account: "1", held: true };
  store.apply([
    { type: "position", symbol: "QQQ", ...old },
    { type: "exposure", environment: "live", underlying: "QQQ", held: true },
    { type: "balance", ...old },
  ]);
  const heard = [];
  store.listen("position", () => heard.push(store.all("position").length));
  store.apply([{ type: "portfolio", environment: "live", link: "", account: "" }]);
  same([heard, store.all("exposure"), store.all("balance").length], [[0], [], 1]);
});
