import { afterClose } from "/static/js/lib/closing.js";
import { claim, isTrue, same } from "./claims.js";

claim("a restart, a lost socket and slowness come back", () => {
  same(
    [4012, 1012, 1006, 4008, 1001].map((code) => afterClose(code).act),
    Array(5).fill("retry"),
  );
});

claim("a rate-limited page comes back, but not at once", () => {
  same(afterClose(4029).act, "retry");
  isTrue(afterClose(4029).least >= 1000);
});

claim("a signed-out page goes to the sign-in page", () => same(afterClose(4001).act, "sign-in"));
claim("a page the server does not understand offers to reload", () => same(afterClose(4400).act, "reload"));
claim("forbidden and one too many do not come back", () =>
  same(
    [4003, 4009].map((c) => afterClose(c).act),
    ["stop", "stop"],
  ),
);
claim("every code has words for the person", () =>
  isTrue([4001, 4003, 4008, 4009, 4012, 4029, 4400, 1006].every((c) => afterClose(c).text)),
);
