import { covers, Wants } from "../../static/js/lib/wants.js";
import { claim, same } from "./claims.js";

claim("two elements that want one symbol share it", () => {
  const wants = new Wants();
  same(wants.add({ quotes: ["QQQ"], topics: ["links"] }), { quotes: ["QQQ"], topics: ["links"] });
  same(wants.add({ quotes: ["QQQ", "SPY"] }), { quotes: ["SPY"] });
  same(wants.add({ quotes: ["SPY"] }), null);
  same(wants.all, { quotes: ["QQQ", "SPY"], topics: ["links"] });
});

claim("a symbol is given back when nobody wants it any more", () => {
  const wants = new Wants();
  wants.add({ quotes: ["QQQ"] });
  wants.add({ quotes: ["QQQ"] });
  same([wants.remove({ quotes: ["QQQ"] }), wants.remove({ quotes: ["QQQ"] })], [null, { quotes: ["QQQ"] }]);
  same(wants.all, {});
});

claim("a page covers what its elements want, or it does not", () => {
  const page = { quotes: ["QQQ", "SPY"], topics: ["links"] };
  same(
    [{}, { quotes: ["QQQ"] }, { quotes: ["QQQ", "IWM"] }, { greeks: ["QQQ"] }].map((wants) => covers(page, wants)),
    [true, true, false, false],
  );
});
