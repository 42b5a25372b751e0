import { fieldParts, fieldText, isSimple, isToldBy, leafJson, leafParts, ruleJson, studyName, studyParts } from "../../../static/js/alerts/rule-form.js";
import { claim, same } from "../claims.js";

const FIELDS = ["QQQ.last", "BTC/USD.mid", "BRK.B.last", "QQQ.position.day_pl", "position.opened", "account.net_liq", "orders.filled", "news", "TSLA.news", "impact", "TSLA.impact", "desk.link_stale_s"];

claim("a field that was taken apart is written as it was", () => {
  same(FIELDS.map((text) => fieldText(fieldParts(text))), FIELDS);
});

claim("a symbol is written in capitals, without what stood around it", () => {
  same(fieldText({ subject: "symbol", symbol: " qqq ", name: "last" }), "QQQ.last");
});

const line = { subject: "symbol", symbol: "QQQ", name: "last", is: "crosses_up", value: "450.50", high: "", within: "" };

claim("a comparison is written with numbers as numbers and fields as fields", () => {
  same(leafJson(line), { field: "QQQ.last", is: "crosses_up", value: 450.5 });
  same(leafJson({ ...line, value: "-.5" }).value, -0.5);
  same(leafJson({ ...line, value: "SPY.last" }).value, "SPY.last");
  same(leafJson({ ...line, value: "12,5" }).value, "12,5", "the desk says what is wrong with it");
  same(leafJson({ ...line, is: "inside", high: "460" }).value, [450.5, 460]);
  same(leafJson({ ...line, is: "moves_up", value: "2", within: "15" }), { field: "QQQ.last", is: "moves_up", value: 2, within_s: 900 });
  same(leafJson({ ...line, name: "halted", is: "happens", value: "" }), { field: "QQQ.halted", is: "happens" });
});

claim("a comparison that was shown is saved as it was", () => {
  const leaves = [
    { field: "QQQ.last", is: "crosses_up", value: 450.5 },
    { field: "QQQ.bid", is: "outside", value: [440, 460] },
    { field: "QQQ.halted", is: "happens" },
    { field: "QQQ.ema20@15m", is: "crosses_up", value: "QQQ.close@15m" },
    { field: "TSLA.news", is: "happens", value: { words: ["recall"], category: "legal", sentiment_below: -0.2, halt: "T1" } },
    { field: "news", is: "happens", value: { sentiment_above: 0.2 } },
    { field: "TSLA.impact", is: "happens", value: { category: "legal", impact_below: -1.5, minutes: 15 } },
    { field: "impact", is: "happens", value: { impact_above: 2, minutes: 5 } },
  ];
  same(leaves.map((leaf) => leafJson(leafParts(leaf))), leaves);
});

claim("what the form cannot show it does not change", () => {
  const rule = (...parts) => ({ when: { all: parts } });
  const leaf = { field: "QQQ.last", is: "above", value: 1 };
  same(isSimple(rule(leaf)), true);
  same(isSimple(rule(leaf, { any: [leaf] })), false);
  same(isSimple(rule({ ...leaf, of: { account: "5WX1" } })), false);
  same(isSimple(rule({ field: "news", is: "happens", value: { halt: "T1", sentiment_above: 0.2 } })), true);
  same(isSimple(rule({ field: "news", is: "happens", value: { sentiment_above: 0.5 } })), false);
  same(isSimple(rule({ field: "news", is: "happens", value: { sentiment_above: 0.2, sentiment_below: -0.2 } })), false);
  same(isSimple(rule({ field: "news", is: "happens", value: { symbol: "T" } })), false);
  same(isSimple(rule({ field: "impact", is: "happens", value: { impact_above: 1 } })), true);
  same(isSimple(rule({ field: "impact", is: "happens", value: { impact_above: 1, impact_below: 2 } })), false);
});

claim("a study is its name, its length and its bars", () => {
  const names = ["ema20@5m", "vwap@1m", "macd_signal@1d"];
  same(names.map((name) => studyName(studyParts(name))), names);
  same(studyParts("ema20@5m"), { study: "ema", length: "20", bar: "5m" });
});

claim("a rule told at closes has the bars of its study", () => {
  const form = { leaves: [{ ...line, name: "rsi14@15m", value: "70" }], how: "all", session: "regular", trigger: "per_bar_close", rearm: "", expires: "", note: "" };
  same(ruleJson(form).interval, "15m");
});

claim("a rule keeps what the form does not show, and loses what was taken out", () => {
  const form = { leaves: [line], how: "any", session: "always", trigger: "each", rearm: "0.10", expires: "", note: "n" };
  const before = { interval: "5m", rearm: { bps: 5 }, expires: 7, when: { all: [] } };
  same(ruleJson(form, before), {
    interval: "5m", when: { any: [leafJson(line)] }, session: "always", trigger: "each", note: "n", rearm: { pct: 0.1 },
  });
  same(ruleJson({ ...form, trigger: "once" }, before).rearm, undefined);
});

claim("channels are named only where some are left out, and a rule for the page alone says so", () => {
  const form = { leaves: [line], how: "all", session: "regular", trigger: "once", rearm: "", expires: "", note: "" };
  const two = (first, second) => [{ id: "a", isChosen: first }, { id: "b", isChosen: second }];
  const named = (channels, before) => ruleJson({ ...form, channels }, before).channels;
  same(named(two(true, true), { channels: ["a"] }), undefined);
  same(named(two(true, false)), ["a"]);
  same(named(two(false, false)), ["page"]);
  same(named([]), undefined);
  same([isToldBy({}, "a"), isToldBy({ channels: ["b"] }, "a"), isToldBy({ channels: ["page"] }, "a")], [true, false, false]);
});

claim("quiet hours are a list, and none where none are written", () => {
  const form = { leaves: [line], how: "all", session: "regular", trigger: "once", rearm: "", expires: "", note: "" };
  same(ruleJson({ ...form, quiet: "22:00-07:00, 12:00-13:00" }).quiet, ["22:00-07:00", "12:00-13:00"]);
  same(ruleJson({ ...form, quiet: " " }, { quiet: ["1"] }).quiet, undefined);
});
