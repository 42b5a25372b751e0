import { BACK_MS, banner, FELL_MS } from "../../../static/js/shell/banner-text.js";
import { claim, isTrue, same } from "../claims.js";

const NOW = 1_000_000;
const OPEN = { state: "open", lost: false, backAt: null, pausedAt: null, text: "", act: "" };
const told = (more) => banner({ ...OPEN, ...more }, NOW);

claim("all is well: nothing is said", () => same(told({}), null));

claim("reconnecting, idle, offline and back are different banners", () => {
  const kinds = [
    told({ state: "waiting", lost: true, text: "The desk is restarting.", act: "retry", retryAt: NOW + 1_500 }),
    told({ pausedAt: NOW }),
    told({ state: "offline" }),
    told({ backAt: NOW - 100, lostAt: NOW - 12_100, recovered: true }),
  ].map((what) => what.kind);
  same(kinds, ["reconnecting", "idle", "offline", "back"]);
});

claim("the next try is counted down on screen, and spoken only once", () => {
  const soon = told({ state: "waiting", lost: true, text: "The desk is restarting.", retryAt: NOW + 1_500 });
  same(soon.text, "The desk is restarting. Reconnecting: next try in 2 s.");
  same(soon.spoken, "Connection lost. Reconnecting.");
});

claim("what is back says how long it was away, and whether the stream went on", () => {
  const away = { backAt: NOW - 100, lostAt: NOW - 12_100 };
  same(told({ ...away, recovered: true }).text, "Connected again after 12 s. The stream went on where it stopped.");
  same(told({ ...away, recovered: false }).text, "Connected again after 12 s. Everything was read anew.");
  same(told({ ...away, backAt: NOW - BACK_MS }), null);
});

claim("a page that hears nothing says for how long, and afterwards how long it was", () => {
  const silent = told({ silentSince: NOW - 7_000 });
  same([silent.kind, silent.text], [
    "reconnecting",
    "Nothing was heard from the desk for 7 s. Values are as old as that.",
  ]);
  same(silent.spoken, "Nothing is heard from the desk.");
  const heard = { wasSilent: true, backAt: NOW - 100, lostAt: NOW - 7_100, recovered: true };
  same(told(heard).text, "Heard again after 7 s. The stream went on where it stopped.");
});

claim("a first connection is no return", () => same(told({ state: "connecting" }), null));
claim("a socket that is being tried again is still lost", () => {
  same(told({ state: "connecting", lost: true, text: "Gone." }).text, "Gone. Reconnecting: trying now.");
});

const ON_SSE = { carrier: "sse", blocked: ["websocket"], fellAt: NOW - 1_000, climbAt: NOW + 11_500 };

claim("another carrier is named, with the reason and the next try of the better one", () => {
  const sse = told(ON_SSE);
  same([sse.kind, sse.act], ["fallback", "climb"]);
  same(sse.text, "Live over SSE: WebSockets are blocked here. Trying them again: next try in 12 s.");
  same(sse.spoken, "Live over SSE: WebSockets are blocked here.");
  same(told({ ...ON_SSE, climbAt: null }).text, "Live over SSE: WebSockets are blocked here. Trying them now.");
});

claim("a page that fell says first how long it was away, for a moment", () => {
  const back = { ...ON_SSE, backAt: NOW - 500, lostAt: NOW - 3_500, recovered: true };
  isTrue(told(back).text.startsWith("Connected again after 3 s. The stream went on where it stopped. Live over SSE:"));
  isTrue(told({ ...back, backAt: NOW - BACK_MS }).text.startsWith("Live over SSE:"));
});

claim("polling says of both others that they are blocked, and that prices are late", () => {
  const poll = told({ ...ON_SSE, carrier: "poll", blocked: ["websocket", "sse"] });
  isTrue(poll.text.startsWith("Live over polling: WebSockets and server-sent events are blocked here. Prices can be"));
});

claim("the banner of another carrier makes room after a while, and before what is worse", () => {
  same(told({ ...ON_SSE, fellAt: NOW - FELL_MS }), null);
  same(told({ ...ON_SSE, state: "waiting", lost: true, retryAt: NOW, text: "" }).kind, "reconnecting");
  same(told({ ...ON_SSE, pausedAt: NOW }).kind, "idle");
});

claim("a page that climbed says so for a moment", () => {
  const up = { carrier: "websocket", blocked: [], fellAt: null, climbedAt: NOW - 100 };
  same(told(up).text, "Live over a WebSocket again. The stream went on without a gap.");
  same(told({ ...up, climbedAt: NOW - BACK_MS }), null);
});
