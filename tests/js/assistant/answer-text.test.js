import { laidOut, split, spoken } from "../../../static/js/assistant/answer-text.js";
import { claim, same } from "../claims.js";

const words = (text) => ({ kind: "words", text });
const number = (text, call) => ({ kind: "number", text, call, path: "/a", value: 1 });
const flat = (pieces, isOpen) => {
  const { text, parts } = laidOut(pieces, isOpen);
  return split(text, parts).map((one) => (typeof one === "string" ? one : one.kind === "source" ? `[${one.calls}]` : `<${one.text}>`)).join("");
};

claim("a sentence with bound numbers ends in its sources, each once; one without ends as it is", () => {
  const pieces = [words("Hi. QQQ is "), number("450.96", 2), words(", up "), number("0.16 %", 2), words(" from "), number("4", 1), words(". Fine. Is "), number("5", 3), words(" it")];
  same(flat(pieces, true), "Hi. QQQ is <450.96>, up <0.16 %> from <4>.[2,1] Fine. Is <5> it");
  same(flat(pieces, false), "Hi. QQQ is <450.96>, up <0.16 %> from <4>.[2,1] Fine. Is <5> it[3]");
});

claim("a line's end ends a sentence, so that a list has its sources in each line", () => {
  same(flat([words("- a "), number("1", 1), words("\n- b "), number("2", 2), words("\n\nc")], false), "- a <1>[1]\n- b <2>[2]\n\nc");
});

claim("a model's own marks of the private use area are taken out, and do not stand for a part", () => {
  same(flat([words("a\uE000b\uF8FF"), number("1", 1)], true), "ab<1>");
});

claim("more parts than there are marks are their text", () => {
  const { text, parts } = laidOut(Array.from({ length: 6_500 }, () => number("1", 1)), true);
  same([parts.length, text.length], [6_400, 6_500]);
});

claim("what was struck out is not said as if it were true", () => {
  same(spoken([words("It is "), { kind: "unverified", text: "900" }, words(" or "), number("4", 1), { kind: "warning", text: "!" }]), "It is (a number that is not from your data) or 4");
});
