import { balanceVerdict, bestLink, heldVerdict, linkVerdict, markOf, nextTry, quoteVerdict, socketVerdict, together } from "../../../static/js/core/freshness.js";
import { claim, isTrue, same } from "../claims.js";

const NOW = 1_000_000;
const OPEN = { state: "open", lost: false, fedSince: null, pausedAt: null };
const link = (more = {}) => ({ link: "a", state: "live", feed_at: NOW - 1_000, ...more });
const around = (more = {}) => ({ socket: OPEN, links: [link()], now: NOW, ...more });
const QUOTE = { symbol: "QQQ", last: 450, at: NOW - 600_000, link: "a" };
const BALANCE = { link: "a", account: "1", balance: 1, at: NOW - 20_000 };

claim("a quote is live as long as its feed is, however long ago it changed", () => {
  same(quoteVerdict(QUOTE, around()).word, "live");
});

claim("a feed without a sign of life for 65 s is stale, whatever its link says", () => {
  same(quoteVerdict(QUOTE, around({ links: [link({ feed_at: NOW - 66_000 })] })).state, "stale");
});

claim("only a live feed is called live", () => {
  for (const state of ["idle", "connecting", "waiting", "stale", "refused", "something new"]) {
    isTrue(quoteVerdict(QUOTE, around({ links: [link({ state })] })).word !== "live", state);
  }
  for (const socket of [
    { ...OPEN, state: "waiting" },
    { ...OPEN, state: "offline" },
    { ...OPEN, state: "closed", text: "" },
    { ...OPEN, state: "connecting", lost: true },
    { ...OPEN, fedSince: NOW },
    { ...OPEN, silentSince: NOW - 5_000 },
    { ...OPEN, pausedAt: NOW },
  ]) {
    isTrue(quoteVerdict(QUOTE, around({ socket })).word !== "live", JSON.stringify(socket));
    isTrue(balanceVerdict(BALANCE, around({ socket })).word !== "live", JSON.stringify(socket));
  }
});

claim("a symbol that the venue does not list is not waited for", () => {
  const unlisted = { symbol: "QQQQQ", status: "unlisted" };
  same(quoteVerdict(undefined, around(), unlisted).word, "not listed");
  same(quoteVerdict(undefined, around({ links: [link({ state: "waiting" })] }), unlisted).state, "lost");
  same(quoteVerdict(undefined, around(), undefined).word, "waiting for the first price");
});

claim("a symbol that the venue halted is not called live, and the reason is told", () => {
  const halted = { symbol: "QQQ", status: "halted", status_reason: "news pending" };
  same(quoteVerdict(QUOTE, around(), halted), { state: "halted", word: "halted", note: "news pending" });
  same(quoteVerdict(QUOTE, around(), { ...halted, status_reason: null }).note, "trading is halted");
  same(quoteVerdict(QUOTE, around({ links: [link({ state: "waiting" })] }), halted).state, "lost");
  same(quoteVerdict(QUOTE, around(), { ...halted, status: "active" }).word, "live");
});

claim("delayed and closed have words of their own", () => {
  same(quoteVerdict({ ...QUOTE, delayed: true }, around()).word, "delayed");
  same(quoteVerdict(QUOTE, around({ links: [link({ delayed: true })] })).word, "delayed");
  same(quoteVerdict(QUOTE, around({ market: { session: "closed" } })).word, "closed");
});

claim("a quote is judged by the feed it came by, not by another one that is well", () => {
  const links = [link({ link: "b" }), link({ state: "waiting", retry_at: NOW + 4_000 })];
  same(quoteVerdict(QUOTE, around({ links })), { state: "lost", word: "reconnecting", note: "next try in 4 s" });
});

claim("a link that is live without market data makes no quote live", () => {
  const links = [link({ feed_at: null, reason: "no market data for these credentials" })];
  const told = { word: "no quotes", note: "no market data for these credentials" };
  same(quoteVerdict(QUOTE, around({ links })), { state: "stale", ...told });
  same(quoteVerdict(undefined, around({ links })), { state: "none", ...told });
  same(balanceVerdict(BALANCE, around({ links })).word, "live");
});

claim("an account that is well without a feed of its own does not make silent feeds look live", () => {
  const [silent, trading] = [{ state: "stale", feed_at: 1 }, { state: "live", feed_at: null }];
  same(bestLink([trading, silent]), silent);
  same(bestLink([trading, { state: "refused" }]).state, "refused");
  same(bestLink([silent, { state: "live", feed_at: 2 }]).feed_at, 2);
  same(bestLink([trading]), trading);
});

claim("nothing known yet says so", () => {
  same(quoteVerdict(undefined, around()).state, "none");
  same(quoteVerdict(undefined, around({ links: [] })).state, "none");
  same(balanceVerdict(undefined, around()).state, "none");
});

claim("a refused link asks for a new grant", () => {
  same(linkVerdict(link({ state: "refused", reason: "grant revoked" }), NOW), {
    state: "refused",
    word: "re-link needed",
    note: "grant revoked",
  });
});

claim("a balance that two reconciles did not confirm is stale", () => {
  same(
    [20_000, 74_000, 76_000].map((ms) => balanceVerdict({ ...BALANCE, at: NOW - ms }, around()).word),
    ["live", "live", "stale"],
  );
});

claim("the next try is counted down, then tried", () => {
  same(
    [nextTry(NOW + 3_200, NOW), nextTry(NOW - 1, NOW), nextTry(null, NOW)],
    ["next try in 4 s", "trying now", "trying again"],
  );
});

claim("what was lost is reconnecting, also while a try is under way; what was never there is connecting", () => {
  const words = (verdicts) => verdicts.map(({ state, word, note }) => [state, word, note]);
  const socket = (more) => socketVerdict({ ...OPEN, ...more }, NOW);
  same(
    words([socket({ state: "waiting", lost: true, retryAt: NOW + 1 }), socket({ state: "connecting", lost: true })]),
    [["lost", "reconnecting", "next try in 1 s"], ["lost", "reconnecting", "trying now"]],
  );
  same(socket({ state: "connecting" }).word, "connecting");
  const lost = { state: "connecting", reason: "the feed is silent", retry_at: null };
  same(words([linkVerdict(link(lost), NOW)]), [["lost", "reconnecting", "trying now"]]);
  same(linkVerdict(link({ ...lost, reason: null }), NOW).word, "connecting");
});

claim("an open, fed, moving socket has nothing to say", () => same(socketVerdict(OPEN, NOW), null));

claim("the mark is the last trade, else the middle, else nothing", () => {
  same(markOf({ last: 1, bid: 3, ask: 5 }), { value: 1, used: "last" });
  same(markOf({ last: null, bid: 3, ask: 5 }), { value: 4, used: "mid" });
  same(markOf({ bid: 0, ask: 0.1 }), { value: 0.05, used: "mid" });
  same(
    [markOf({ bid: 3 }), markOf({ bid: 0, ask: 0 }), markOf(undefined)],
    [
      { value: null, used: "" },
      { value: null, used: "" },
      { value: null, used: "" },
    ],
  );
});

const of = (...states) => together(states.map((state) => ({ state, word: state, note: "why" })));

claim("many values that are equally well are told of as one", () => {
  same(of("live", "live"), { state: "live", word: "live", note: "why", isMixed: false });
});

claim("of many values the worst is told, with how many it is", () => {
  same(of("live", "stale", "stale"), { state: "stale", word: "stale", note: "2 of 3", isMixed: true });
  same(of("closed", "live", "lost").word, "lost");
});

claim("what is not known at all does not hide that the rest is live, nor makes it look better", () => {
  same(of("none", "live").word, "live");
  same(of("none", "live").note, "1 of 2");
  same(of("none", "none").word, "none");
});

claim("what was last known is never live, whatever its link and its socket say", () => {
  const old = { ...QUOTE, held: true, at: NOW - 3_600_000 };
  const connecting = { ...OPEN, state: "connecting" };
  for (const socket of [OPEN, connecting]) {
    same(quoteVerdict(old, around({ socket })), { state: "stale", word: "last known", note: "60 min ago" });
    same(balanceVerdict({ ...BALANCE, held: true }, around({ socket })).word, "last known");
    same(heldVerdict([{ mark_link: "a", held: true, at: NOW }], around({ socket })).word, "last known");
    same(heldVerdict([], around({ socket }), { held: true, at: NOW }).word, "last known");
  }
  same(quoteVerdict(old, around({ socket: { ...OPEN, state: "offline" } })).word, "offline");
});
