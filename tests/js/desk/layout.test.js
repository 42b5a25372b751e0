import { moved, placed, put, read, sized, placeText, written } from "../../../static/js/desk/layout.js";
import { claim, isTrue, same } from "../claims.js";

const place = (name, hidden = false) => ({ name, width: 4, height: 8, hidden });
const LAYOUT = [place("a"), place("b", true), place("c"), place("d")];
const names = (layout) => layout.map(({ name }) => name).join("");

claim("a place is read as it is written", () => {
  const { number, ...rest } = read("hub", "n3 w5 h9 hidden");
  same(rest, { name: "hub", width: 5, height: 9, hidden: true });
  same(written(rest, number), "n3 w5 h9 hidden");
  same(written({ ...rest, hidden: false }, 12), "n12 w5 h9");
});

claim("a panel moves past those that are shown", () => {
  same(names(moved(LAYOUT, "c", -1)), "cab" + "d");
  same(names(moved(LAYOUT, "a", 1)), "bcad");
});

claim("at an end it stays where it is", () => {
  same(moved(LAYOUT, "a", -1), LAYOUT);
  same(moved(LAYOUT, "d", 1), LAYOUT);
});

claim("moving there and back changes nothing that is seen", () => {
  const seen = (layout) => names(layout.filter(({ hidden }) => !hidden));
  same(seen(moved(moved(LAYOUT, "c", -1), "c", 1)), seen(LAYOUT));
});

claim("a panel is put where another stands, from either side", () => {
  same(names(placed(LAYOUT, "d", "a")), "dabc");
  same(names(placed(LAYOUT, "a", "d")), "bcda");
});

claim("sizes stay within their bounds", () => {
  const size = (columns, rows) => sized(LAYOUT, "a", columns, rows).find(({ name }) => name === "a");
  same([size(1, 2).width, size(1, 2).height], [5, 10]);
  same([size(-9, -9).width, size(-9, -9).height], [3, 3]);
  same([size(99, 99).width, size(99, 99).height], [12, 24]);
});

claim("what is put away comes back at the end of what is shown", () => {
  const without = put(LAYOUT, "a", true);
  isTrue(without.find(({ name }) => name === "a").hidden);
  same(names(put(without, "a", false).filter(({ hidden }) => !hidden)), "cda");
});

claim("a layout says of a panel where it stands among those that are shown", () => {
  same(placeText(LAYOUT, "c"), "place 2 of 3, 4 columns wide, 8 rows high");
});

claim("nothing is lost or doubled, whatever is done", () => {
  let layout = LAYOUT;
  for (const step of [1, -1, 1, 1, -1]) layout = moved(placed(put(layout, "c", step > 0), "a", "d"), "d", step);
  same([...names(layout)].sort().join(""), "abcd");
});
