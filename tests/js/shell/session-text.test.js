import { countdown, sessionText } from "../../../static/js/shell/session-text.js";
import { claim, same } from "../claims.js";

const CLOSE = Date.UTC(2026, 10, 20, 21);
const at = (session, ms, next = CLOSE) => sessionText({ session, next_change: next }, next - ms);

claim("an open market counts down to its close, in exchange time", () => {
  same(at("open", 5_333_000), { word: "Market open", left: "1:28:53", next: "closes 16:00 ET" });
});

claim("summer and winter have the same hours at the exchange", () => {
  same(at("closed", 60_000, Date.UTC(2026, 6, 1, 13, 30)).next, "opens 09:30 ET");
  same(at("closed", 60_000, Date.UTC(2026, 11, 1, 14, 30)).next, "opens 09:30 ET");
});

claim("what is more than a day away has its day and no countdown", () => {
  same(at("closed", 200_000_000, Date.UTC(2026, 10, 23, 14, 30)), { word: "Market closed", left: "", next: "opens Mon 09:30 ET" });
});

claim("what is not known is not told", () => {
  same(sessionText(undefined, 0), { word: "Market –", left: "", next: "" });
  same(sessionText({ session: "open" }, 0), { word: "Market open", left: "", next: "" });
});

claim("a change that should have come already counts no further", () => {
  same(at("open", -1), { word: "Market open", left: "", next: "" });
  same(countdown(-5), "0:00:00");
});
