import { kept, recalled } from "../../../static/js/shell/notice-storage.js";
import { claim, same } from "../claims.js";

const filled = [{ kind: "orders", text: "Filled: Bought 1 QQQ", at: 1, fact: 7 }];

claim("who comes back to a tab finds what happened, and who signs in there next finds nothing of it", () => {
  same(recalled(kept(filled, "4"), "4"), filled);
  same(recalled(kept(filled, "4"), "5"), []);
});

claim("nothing is known where nothing was kept, or nobody knows for whom", () => {
  same([recalled(null, "4"), recalled(JSON.stringify(filled), "4"), recalled(JSON.stringify(filled), undefined)], [[], [], []]);
});
