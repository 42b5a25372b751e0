import { Cursor } from "../../../static/js/transports/cursor.js";
import { claim, same } from "../claims.js";

const here = () => new Cursor("7-a3f1", 811, 5512);
const frame = (prev, seq, more = {}) => ({ epoch: "7-a3f1", prev, seq, fact: 5513, ...more });

claim("a cursor reads what it writes", () => {
  same(String(Cursor.parse("7-a3f1:811:5512")), "7-a3f1:811:5512");
  same([Cursor.parse("7-a3f1:811"), Cursor.parse(undefined), Cursor.parse("")], [null, null, null]);
});

claim("a frame that continues the cursor is applied, also when it overlaps or skips numbers", () => {
  same(
    ["apply", "apply", "apply"],
    [frame(811, 812), frame(805, 815), frame(811, 900)].map((f) => here().judge(f)),
  );
});

claim("a frame that was seen is dropped", () => same(here().judge(frame(800, 810)), "drop"));

claim("a frame that ends here is applied: it answers a changed watch on a quiet board", () => {
  same(here().judge(frame(811, 811)), "apply");
});

claim("a frame from further on is a gap", () => same(here().judge(frame(812, 813)), "gap"));
claim("a frame of another epoch is a gap, unless it is a snapshot", () => {
  same(here().judge(frame(811, 812, { epoch: "8-ffff" })), "gap");
  same(here().judge(frame(0, 3, { epoch: "8-ffff", snapshot: true })), "apply");
});

claim("a snapshot that is older than this page came late, and is dropped", () => {
  same(here().judge(frame(0, 810, { snapshot: true })), "drop");
  same(here().judge(frame(0, 811, { snapshot: true })), "apply");
});

claim("who asks for all of it takes the snapshot, and nothing before it", () => {
  const cursor = here().whole();
  same(String(cursor), "7-a3f1:0:5512");
  same([cursor.judge(frame(811, 812)), cursor.judge(frame(0, 812, { snapshot: true }))], ["gap", "apply"]);
});

claim("following a frame moves the cursor, and keeps the fact when none is told", () => {
  const cursor = here();
  cursor.advance(frame(811, 815));
  cursor.advance({ epoch: "7-a3f1", prev: 815, seq: 816 });
  same(String(cursor), "7-a3f1:816:5513");
});
