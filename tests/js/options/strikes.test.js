import { sourcesOf } from "../../../static/js/options/greeks.js";
import { atTheMoney, band, nearest, side, spot, usual } from "../../../static/js/options/strikes.js";
import { claim, same } from "../claims.js";

const FIVE = [90, 95, 100, 105, 110].map((strike) => ({ strike }));
const strikes = (rows) => rows.map(({ strike }) => strike);

claim("a price is the middle of the book, or the last trade, or not known", () => {
  same([spot({ bid: 1, ask: 2, last: 9 }), spot({ bid: 1, last: 9 }), spot({ bid: 0, ask: 0 }), spot(undefined)], [
    1.5,
    9,
    null,
    null,
  ]);
});

claim("the money is in the middle of the strikes, but at the ends of the list", () => {
  same(strikes(band(FIVE, 101, 3)), [95, 100, 105]);
  same(strikes(band(FIVE, 1, 3)), [90, 95, 100]);
  same(strikes(band(FIVE, 999, 2)), [105, 110]);
  same(strikes(band(FIVE, null, 1)), [100]);
  same(strikes(band(FIVE, 101, null)), [90, 95, 100, 105, 110]);
});

claim("of two strikes as near the lower one is meant", () => {
  same(nearest(FIVE, 97.5), 1);
});

claim("what is at the money changes only when the price is well on its way to another strike", () => {
  same([atTheMoney(FIVE, 102.6, -1), atTheMoney(FIVE, 102.6, 2), atTheMoney(FIVE, 103.8, 2), atTheMoney(FIVE, 102, 3)], [
    3,
    2,
    3,
    3,
  ]);
  same([atTheMoney(FIVE, null, -1), atTheMoney(FIVE, null, 4)], [2, 4]);
});

claim("what ends in about thirty days is looked at first, of two roots the one with more strikes", () => {
  const days = [0, 3, 27, 34, 400].map((dte) => ({ dte, strikes: 9 }));
  same(usual([...days, { dte: 27, strikes: 90 }]), { dte: 27, strikes: 90 });
  same(usual([]), undefined);
});

claim("nobody knows what is in the money without a price", () => {
  same([side(90, 100), side(110, 100), side(100, null)], ["call", "put", ""]);
});

claim("Greeks of one source are told with their ages", () => {
  const feed = (at) => ({ source: "feed", at, iv: 0.2 });
  same(sourcesOf([feed(0), undefined, feed(3_000)], [feed(0), { iv: 0.3 }, undefined], 5_000), {
    greeks: "Greeks from the feed, 2 s to 5 s old",
    iv: "25.0",
  });
});

claim("Greeks of several sources are counted", () => {
  const all = [
    { source: "venue", at: 0 },
    { source: "calc", at: 0 },
    { source: "calc", at: 0 },
  ];
  same(sourcesOf(all, [], 3_600_000), { greeks: "Greeks 1 from the venue, 2 calculated, 60 min old", iv: "–" });
});

claim("where there are no Greeks that is said", () => {
  same(sourcesOf([undefined], [undefined], 0), { greeks: "no Greeks yet", iv: "–" });
});
