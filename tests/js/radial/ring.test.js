import { bar } from "../../../static/js/radial/ring.js";
import { claim, isTrue, same } from "../claims.js";

claim("up is outward, down is inward, as far and in the same shade", () => {
  same(bar(1.25), { radius: 107.5, width: 15, shade: 3 });
  same(bar(-1.25), { radius: 92.5, width: 15, shade: 3 });
});

claim("beyond five percent a bar fills its half of the ring and grows no more", () => {
  same(bar(5), { radius: 115, width: 30, shade: 5 });
  same(bar(80), bar(5));
  same(bar(-80), { radius: 85, width: 30, shade: 5 });
});

claim("no change and no knowledge have no bar", () => {
  for (const nothing of [0, null, undefined]) same(bar(nothing), { radius: 100, width: 0, shade: 0 });
});

claim("a move of a hundredth of a percent is already drawn", () => {
  isTrue(bar(0.01).width >= 1);
});
