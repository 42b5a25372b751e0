import { demandOf, isPublic, slotOf, symbolOf, valueOf, verdictOf } from "../../../static/js/assistant/live-slot.js";
import { claim, same } from "../claims.js";

claim("a slot is named by its type, its key and a field, and what is none is null", () => {
  same(slotOf("quote:QQQ:last"), { type: "quote", key: ["QQQ"], field: "last", name: "quote|QQQ" });
  same(slotOf("position:7:1:QQQ:open_pl"), { type: "position", key: ["7", "1", "QQQ"], field: "open_pl", name: "position|7|1|QQQ" });
  same([undefined, "", "quote:QQQ", "quote:QQQ:x:last", "toString:x", "link:1:state"].map(slotOf), [null, null, null, null, null, null]);
});

claim("a quote is watched by its symbol and is nobody's own; a holding comes with the portfolio", () => {
  const [quote, position, exposure] = ["quote:QQQ:last", "position:7:1:QQQ:value", "exposure:live:QQQ:delta"].map(slotOf);
  same(demandOf(quote), { quotes: ["QQQ"], topics: ["links", "market"] });
  same(demandOf(position), { topics: ["portfolio", "links", "market"] });
  same([quote, position].map(isPublic), [true, false]);
  same([quote, position, exposure, slotOf("balance:7:1:cash")].map(symbolOf), ["QQQ", "QQQ", "QQQ", ""]);
});

claim("a value is that of its slot, and its verdict that of its feed", () => {
  const now = 1_700_000_000_000;
  const link = { link: "7", state: "live", feed_at: now };
  const slots = { "quote|QQQ": { symbol: "QQQ", bid: 1, ask: 3, link: "7" }, "portfolio|live||": { net_liq: 4 } };
  const get = (...name) => slots[name.join("|")];
  const around = { links: [link], market: { session: "open" }, now, socket: { state: "open" } };
  same(["quote:QQQ:bid", "quote:QQQ:mark", "quote:QQQ:last", "quote:SPY:last"].map((text) => valueOf(slotOf(text), get)), [1, 2, undefined, undefined]);
  const states = (one) => ["quote:QQQ:bid", "portfolio:live:::net_liq"].map((text) => verdictOf(slotOf(text), get, one).state);
  same(states(around), ["live", "live"]);
  same(states({ ...around, links: [{ ...link, state: "stale" }] }), ["stale", "stale"]);
  same(states({ ...around, socket: { state: "closed" } }), ["offline", "offline"]);
});

claim("what is not there is not called live, whichever its type", () => {
  const now = 1_700_000_000_000;
  const link = { link: "7", state: "live", feed_at: now };
  const slots = { "quote|QQQ": { symbol: "QQQ", bid: 1, link: "7" }, "portfolio|live||": { cash: 4 } };
  const get = (...name) => slots[name.join("|")];
  const around = { links: [link], market: { session: "open" }, now, socket: { state: "open" } };
  const gone = ["position:7:1:QQQ:value", "exposure:live:QQQ:delta", "portfolio:live:::net_liq", "quote:QQQ:ask"];
  const words = (text) => Object.values(verdictOf(slotOf(text), get, around)).slice(0, 2);
  same(gone.map(words), gone.map(() => ["none", "not there now"]));
  same(words("portfolio:live:::cash"), ["live", "live"]);
  const away = { ...around, socket: { state: "closed" } };
  same(verdictOf(slotOf(gone[0]), get, away).state, "offline");
});
