import { beyond, difference, SubscriptionSet } from "../../../static/js/stream/subscription-set.js";
import { claim, same } from "../claims.js";

claim("two elements that want one symbol share it, and it is given back with the last of them", () => {
  const wants = new SubscriptionSet();
  wants.add({ quotes: ["QQQ"], topics: ["links"] });
  wants.add({ quotes: ["QQQ", "SPY"] });
  same(wants.all, { quotes: ["QQQ", "SPY"], topics: ["links"] });
  wants.remove({ quotes: ["QQQ"], topics: ["links"] });
  same(wants.all, { quotes: ["QQQ", "SPY"] });
  wants.remove({ quotes: ["QQQ", "SPY"] });
  same(wants.all, {});
});

claim("a series of candles is shared and compared by its symbol and interval", () => {
  const series = (interval) => ({ symbol: "QQQ", interval });
  const wants = new SubscriptionSet();
  wants.add({ candles: [series("5m")] });
  wants.add({ candles: [series("5m"), series("1m")] });
  wants.remove({ candles: [series("5m")] });
  same(wants.all, { candles: [series("5m"), series("1m")] });
  same(beyond({ candles: [series("5m")] }, { candles: [series("5m")] }), null);
  same(difference({ candles: [series("5m")] }, wants.all), { add: { candles: [series("1m")] } });
  wants.remove({ candles: [series("5m"), series("1m")] });
  same(wants.all, {});
});

claim("a page covers what its elements want, or says what is missing", () => {
  const page = { quotes: ["QQQ", "SPY"], topics: ["links"] };
  same(
    [{}, { quotes: ["QQQ"] }, { quotes: ["QQQ", "IWM"] }, { greeks: ["QQQ"] }].map((wants) => beyond(page, wants)),
    [null, null, { quotes: ["IWM"] }, { greeks: ["QQQ"] }],
  );
});

claim("a changed watch says what to add and what to remove, and nothing of what came and went", () => {
  const before = { quotes: ["QQQ"], topics: ["links"] };
  same(difference(before, { quotes: ["QQQ"], topics: ["links"] }), null);
  same(difference(before, { quotes: ["QQQ", "SPY"], topics: ["links"] }), { add: { quotes: ["SPY"] } });
  same(difference(before, { quotes: ["SPY"] }), { add: { quotes: ["SPY"] }, remove: { quotes: ["QQQ"], topics: ["links"] } });
});
