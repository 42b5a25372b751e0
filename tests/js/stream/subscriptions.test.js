import { Subscriptions } from "../../../static/js/stream/subscriptions.js";
import { claim, same } from "../claims.js";

/** Do something, and return what was told of it once its turn was over. */
async function told(watching, heard, act) {
  act(watching);
  await null;
  return heard.splice(0);
}

claim("what one turn of the page changes is told at once, and as one", async () => {
  const heard = [];
  const watching = new Subscriptions((news) => heard.push(news));
  const both = (page) => {
    page.subscribe({ quotes: ["QQQ"] });
    page.subscribe({ quotes: ["SPY"], topics: ["links"] });
  };
  same(await told(watching, heard, both), [{ add: { quotes: ["QQQ", "SPY"], topics: ["links"] } }]);
});

claim("what came and went within a turn is not told, and what two want is given back with the second", async () => {
  const heard = [];
  const watching = new Subscriptions((news) => heard.push(news));
  same(await told(watching, heard, (page) => page.subscribe({ quotes: ["QQQ"] })()), []);
  const stops = [1, 2].map(() => watching.subscribe({ quotes: ["QQQ"] }));
  await null;
  heard.length = 0;
  same(await told(watching, heard, () => stops[0]()), []);
  same(await told(watching, heard, () => stops[1]()), [{ remove: { quotes: ["QQQ"] } }]);
});

claim("what is wanted before a connection begins goes with its hello alone", async () => {
  const heard = [];
  const watching = new Subscriptions((news) => heard.push(news));
  const begin = (page) => {
    page.subscribe({ quotes: ["QQQ"] });
    page.start();
  };
  same([await told(watching, heard, begin), watching.all], [[], { quotes: ["QQQ"] }]);
});
