import { afterClose, codeOf, isSaid, retryAfter } from "../../../static/js/transports/close-codes.js";
import { claim, isTrue, same } from "../claims.js";

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

claim("only the desk's own codes say that a carrier gets through", () => {
  same([4001, 4008, 4012, 4013, 1012, 1011].map(isSaid), Array(6).fill(true));
  same([1000, 1001, 1005, 1006, 1015, null].map(isSaid), Array(6).fill(false));
});

claim("a refusal over HTTP means what a close code means", () => {
  const refused = (status, code = "x") => codeOf(status, { type: "error", code, detail: "" });
  same([400, 401, 403, 503].map((status) => refused(status)), [4400, 4001, 4003, 4012]);
  same([refused(409, "unknown_view"), refused(429, "too_many_sockets")], ["view", 4029]);
  same(refused(503, "unavailable"), 4013);
});

claim("a page of a proxy is no refusal of the desk, whatever its status", () => {
  same([codeOf(403, null), codeOf(401, { error: "login" }), codeOf(502, "down")], [null, null, null]);
});

claim("a Retry-After in seconds is kept, one that cannot be read is none", () => {
  same([retryAfter("3"), retryAfter(null), retryAfter("Wed, 21 Oct 2026 07:28:00 GMT")], [3000, 0, 0]);
});
