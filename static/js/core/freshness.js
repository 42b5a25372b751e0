// How old and how true a value is, in one word. Pure: what is known and the time come in as arguments.
//
// A verdict is {state, word, note}. `state` is the CSS state of the value and of its badge:
//   live · delayed · closed      normal
//   halted                       normal, in amber
//   stale · paused               dimmed, with its age
//   lost · offline · refused     hatched, with its age
//   none                         nothing known yet
// `word` is what a person reads; `note` says why, or what comes next.

import { age, clock } from "./format.js";

/** A feed whose link has shown no sign of life for this long is not live, whatever its link says (ms). */
export const MUTE_MS = 65_000;
/** Balances are confirmed every 30 s; two confirmations missed, and a little, make one stale (ms). */
export const BALANCE_MS = 75_000;

const RANK = ["live", "stale", "connecting", "waiting", "idle", "refused"];

const verdict = (state, word, note = "") => ({ state, word, note });

/** "next try in 4 s", or "trying now" once that time has come. */
export function nextTry(retryAt, now) {
  if (retryAt == null) return "trying again";
  return retryAt > now ? `next try in ${age(retryAt - now + 999)}` : "trying now";
}

/** What was there before is being reached: between two tries and during one it is called the same. */
const again = () => verdict("lost", "reconnecting", "trying now");

/** What the socket of this page says about everything on it; null when it is open, heard, fed and not paused. */
export function socketVerdict(socket, now) {
  if (socket.state === "closed") return verdict("offline", "offline");
  if (socket.state === "offline") return verdict("offline", "offline", "no network");
  if (socket.state === "waiting") return verdict("lost", "reconnecting", nextTry(socket.retryAt, now));
  if (socket.state === "connecting") return socket.lost ? again() : verdict("none", "connecting");
  if (socket.silentSince != null) return verdict("stale", "silent", `nothing heard for ${age(now - socket.silentSince)}`);
  if (socket.fedSince != null) return verdict("lost", "reconnecting", "the desk's feed is being taken over");
  if (socket.pausedAt != null) return verdict("paused", "paused", `since ${clock(socket.pausedAt)}`);
  return null;
}

/** What there is to say before a value's own link is asked: of the socket, or that the value was only last known. */
function heldBy(slot, { socket, now }) {
  const said = socketVerdict(socket, now);
  if (!slot?.held || (said && said.state !== "none")) return said;
  return verdict("stale", "last known", `${age(now - slot.at)} ago`);
}

/** The most alive of a person's links: what a page says of feeds as a whole. */
export function bestLink(links) {
  const able = links.filter((link) => link.state !== "live" || link.feed_at != null);
  return (able.length > 0 ? able : links).reduce((best, link) => (!best || rank(link) < rank(best) ? link : best), undefined);
}

const rank = (link) => {
  const at = RANK.indexOf(link.state);
  return at < 0 ? RANK.length : at;
};

/** Which links these quotes came by, in words: "prices by Main and Second"; nothing while that is not known. */
export function feeders(quotes, links) {
  const ids = new Set(quotes.map((quote) => quote?.link));
  const labels = links.filter(({ link }) => ids.has(link)).map(({ label, venue }) => label || venue);
  return labels.length > 0 ? `prices by ${labels.join(" and ")}` : "";
}

/** What one link says about itself. `now` is the server's time. */
export function linkVerdict(link, now) {
  switch (link?.state) {
    case "live":
      return liveLink(link, now);
    case "stale":
      return verdict("stale", "stale", link.reason ?? "the feed is silent");
    case "connecting":
      return link.reason ? again() : verdict("lost", "connecting"); // why it was lost is known until it is live again
    case "waiting":
      return verdict("lost", "reconnecting", nextTry(link.retry_at, now));
    case "refused":
      return verdict("refused", "re-link needed", link.reason ?? "");
    case "idle":
      return verdict("none", "idle", "nobody is watching");
    default:
      return verdict("none", "waiting for the feed");
  }
}

/** What is left to say of a link that was removed while a page showed it. */
export const removedVerdict = () => verdict("none", "removed", "reload to see what is linked");

function liveLink(link, now) {
  const silence = link.feed_at == null ? 0 : now - link.feed_at;
  if (silence > MUTE_MS) return verdict("stale", "stale", `no sign of life for ${age(silence)}`);
  return link.delayed ? verdict("delayed", "delayed", "the venue sends delayed prices") : verdict("live", "live");
}

/** What a page may say about one quote: its feed is what makes it live, not how long ago it changed. */
export function quoteVerdict(quote, around, profile) {
  const { links, market, now } = around;
  const held = heldBy(quote, around);
  if (held) return held;
  if (links.length === 0) return verdict("none", "no feed yet");
  const link = links.find((one) => one.link === quote?.link) ?? bestLink(links);
  const feed = linkVerdict(link, now);
  if (feed.state !== "live" && feed.state !== "delayed") return feed;
  if (link.feed_at == null) return verdict(quote ? "stale" : "none", "no quotes", link.reason ?? "");
  if (profile?.status === "unlisted") return verdict("none", "not listed", "the venue has no such symbol");
  if (!quote) return verdict("none", "waiting for the first price");
  if (profile?.status === "halted") return verdict("halted", "halted", profile.status_reason || "trading is halted");
  if (quote.delayed) return verdict("delayed", "delayed", "the venue sends delayed prices");
  if (feed.state === "delayed") return feed;
  if (market?.session === "closed") return verdict("closed", "closed", "last price of the session");
  return { ...feed, note: "real-time" };
}

/** What is said first of many values together: the worst, but for what is not known at all. */
const WORST = ["offline", "refused", "lost", "stale", "paused", "delayed", "halted", "closed", "live", "none"];

/** One verdict for many: the worst; where they differ (`isMixed`), its note says how many it is of. */
export function together(verdicts) {
  const worst = verdicts.reduce((one, other) => (WORST.indexOf(other.state) < WORST.indexOf(one.state) ? other : one));
  const many = verdicts.filter(({ state }) => state === worst.state).length;
  if (many === verdicts.length) return { ...worst, isMixed: false };
  return { ...worst, note: `${many} of ${verdicts.length}`, isMixed: true };
}

/** What a page may say about one account's balance. */
export function balanceVerdict(balance, around) {
  const { links, now } = around;
  const held = heldBy(balance, around);
  if (held) return held;
  if (links.length === 0) return verdict("none", "no feed yet");
  const link = balance ? links.find((one) => one.link === balance.link) : bestLink(links);
  const feed = linkVerdict(link, now);
  if (feed.state !== "live" && feed.state !== "delayed") return feed;
  if (!balance) return verdict("none", "waiting for the first balance");
  const silence = now - balance.at;
  return silence > BALANCE_MS
    ? verdict("stale", "stale", `not confirmed for ${age(silence)}`)
    : verdict("live", "live");
}

/** What a page may say about what is held: the prices that mark it are as alive as the link they came by. */
export function holdingVerdict(position, around) {
  const { links, now } = around;
  const held = heldBy(position, around);
  if (held) return held;
  const feed = links.find((one) => one.link === position.mark_link);
  return feed ? linkVerdict(feed, now) : verdict("none", "not marked", "no price is known");
}

/** A verdict of all that is held; while nothing is, of the sums (`total`) or the page's socket. */
export function heldVerdict(positions, around, total) {
  const verdicts = positions.map((one) => holdingVerdict(one, around));
  if (verdicts.length) return together(verdicts);
  return heldBy(total, around) ?? verdict("none", "nothing held");
}

/** Whether a book has two sides: nobody sells at 0, which some venues write where nobody sells. */
export const hasBook = (quote) => quote?.bid != null && quote.ask > 0;

/** The price to show and which mark it is: the last trade, else the middle of the book, else nothing. */
export function markOf(quote) {
  if (quote?.last != null) return { value: quote.last, used: "last" };
  if (hasBook(quote)) return { value: (quote.bid + quote.ask) / 2, used: "mid" };
  return { value: null, used: "" };
}
