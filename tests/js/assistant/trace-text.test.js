import { answeredText, argumentsText, endText, pastEnd, traceText, wordCount } from "../../../static/js/assistant/trace-text.js";
import { claim, same } from "../claims.js";

claim("what a tool answered is said with its rows and age, and a failure by its reason", () => {
  same(answeredText({ rows: 2, age_ms: 400, is_error: false }), "2 rows, 0 s old");
  same(answeredText({ rows: 1, age_ms: null, detail: "quoted as data" }), "1 row, quoted as data");
  same(answeredText({ is_error: true, detail: "Too many." }), "Too many.");
  same(answeredText({}), "answered");
  same(traceText([{ took_ms: 38 }, {}]), "Asked 2 tools, 0.04 s · sees your data only, sends nothing");
  same(argumentsText({ symbols: ["QQQ", "SPY"], detail: true }), "symbols QQQ, SPY · detail true");
});

claim("an answer that did not end by itself says how, and what is left of it", () => {
  same(endText({ kind: "cut" }, 212), "The answer was cut off after 212 words. What is here is kept; ask again.");
  same(endText({ kind: "stopped" }, 1), "Stopped after 1 word.");
  same(endText({ kind: "error", detail: "The model failed" }, 0), "The model failed. Ask again.");
  same(endText({ kind: "finish", reason: "stop" }, 9), "");
  same(endText({ kind: "finish", reason: "length" }, 9), "The answer is as long as it may be: it ends here.");
  same(endText({ kind: "refused", status: 429, detail: "Twelve a minute." }, 0), "Twelve a minute. Ask again when that is over.");
  same(endText({ kind: "refused", code: "consent_required", detail: "Agree first." }, 0), "");
  same(["stop", "stopped", "rate_limit_exceeded"].map((outcome) => endText(pastEnd(outcome), 3)), [
    "", "Stopped after 3 words.", "The model failed (rate limit exceeded). What is here is kept; ask again.",
  ]);
  same(wordCount(" two  words "), 2);
});
