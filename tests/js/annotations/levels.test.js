import { awayText, crossing, levelsOf, movedRule, newRule, spoken, stepped } from "../../../static/js/annotations/levels.js";
import { claim, same } from "../claims.js";

const level = { field: "QQQ.last", is: "crosses_up", value: 452.5 };
const alert = (id, parts, how = "all") => ({ id, version: 1, rule: { when: { [how]: parts }, trigger: "each", note: "n" } });

claim("a line is what is watched at a price of the symbol, and nothing else", () => {
  const alerts = [
    alert("1", [level, { field: "QQQ.iv_rank", is: "above", value: 50 }]),
    alert("2", [{ ...level, field: "SPY.last" }]),
    alert("3", [{ ...level, is: "inside", value: [1, 2] }]),
    alert("4", [{ ...level, value: "QQQ.vwap" }]),
    alert("5", [{ ...level, field: "QQQ.bid" }]),
    alert("6", [{ all: [level] }]),
    alert("7", [{ ...level, is: "below", value: 440 }, level], "any"),
  ];
  same(
    levelsOf(alerts, "QQQ").map(({ key, rule, at, is, price, others }) => [key, rule, at, is, price, others]),
    [["1.0", "1", 0, "crosses_up", 452.5, 1], ["7.0", "7", 0, "below", 440, 1], ["7.1", "7", 1, "crosses_up", 452.5, 1]],
  );
});

claim("moving a line changes its price, and nothing else of the rule", () => {
  const { rule } = alert("1", [{ field: "QQQ.iv_rank", is: "above", value: 50 }, level]);
  const moved = movedRule(rule, { at: 1, is: "crosses_up" }, "QQQ", 455);
  same(moved, { ...rule, when: { all: [rule.when.all[0], { ...level, value: 455 }] } });
  same(rule.when.all[1].value, 452.5);
});

claim("a rule that became another one meanwhile is not moved", () => {
  const { rule } = alert("1", [{ ...level, is: "below" }]);
  same(movedRule(rule, { at: 0, is: "crosses_up" }, "QQQ", 455), null);
  same(movedRule(rule, { at: 1, is: "below" }, "QQQ", 455), null);
  same(movedRule(rule, { at: 0, is: "below" }, "SPY", 455), null);
});

claim("a new line waits for the price to come to it, from wherever that is", () => {
  same([crossing(11, 10), crossing(9, 10), crossing(10, 10), crossing(10, null)], ["crosses_up", "crosses_down", "crosses", "crosses"]);
  same(newRule("QQQ", 11, 10), { when: { all: [{ field: "QQQ.last", is: "crosses_up", value: 11 }] }, trigger: "once" });
});

claim("prices go by steps without a rest of floating point, and stay above zero", () => {
  same(
    [stepped(450.9649), stepped(0.1 + 0.2, 1), stepped(450.96, 10), stepped(1.1, -1), stepped(0.00014), stepped(0.01, -500)],
    [450.96, 0.3001, 451.06, 1.09, 0.0001, 0.0001],
  );
});

claim("a line says how far it is, and says nothing where no price is known", () => {
  same([awayText(452.5, 450.96), awayText(449.42, 450.96), awayText(10, null)], ["1.54 away, 0.34 %", "1.54 away, 0.34 %", ""]);
  same(awayText(450.96, 450.96), "0.00 away, 0.00 %");
});

claim("who listens is told price, condition, distance and state", () => {
  same(spoken({ price: 452.5, is: "crosses_up", word: "◆ armed", last: 450.96 }), "452.50, crosses up, 1.54 away, 0.34 %, ◆ armed");
});
