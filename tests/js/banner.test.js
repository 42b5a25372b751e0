import { BACK_MS, banner } from "/static/js/lib/banner.js";
import { claim, same } from "./claims.js";

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

claim("a first connection is no return", () => same(told({ state: "connecting" }), null));
claim("a socket that is being tried again is still lost", () => {
  same(told({ state: "connecting", lost: true, text: "Gone." }).text, "Gone. Reconnecting: trying now.");
});
