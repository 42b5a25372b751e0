import { wayOf, written } from "../../../static/js/assistant/live-text.js";
import { claim, same } from "../claims.js";

const moved = (text, value, next) => {
  const way = wayOf(text, value);
  return way && written(way, next);
};

claim("a number that moves is written as it was answered", () => {
  same(moved("450.91", 450.91, 450.964), "450.96");
  same(moved("$1,234.5", 1234.5, 999), "$999.0");
  same(moved("+0.16 %", 0.16, -0.2), "−0.20 %");
  same(moved("▲ +0.16 %", 0.16, 0.2), "▲ +0.20 %");
  same(moved("22.1%", 0.221, 0.2345), "23.5%");
  same(moved("92.2k", 92181.18, 92999), "93.0k");
  same(moved("60", 60, 40), "40");
  same(moved("−$25.50", -25.5, -24), "−$24.00");
  same(moved("1234", 1234, 5678), "5678");
});

claim("a loss without its sign has one once it is none, so that the words around it do not lie", () => {
  same([moved("169.00", -169, -170), moved("169.00", -169, 12), moved("12.00", 12, -169), moved("12.00", 12, 0)], ["170.00", "+12.00", "−169.00", "0.00"]);
});

claim("a text that does not write the value does not move", () => {
  same([wayOf("450.91", 12), wayOf("twelve", 12), wayOf("450.91", Number.NaN)], [null, null, null]);
});
