// The market's session in words, with the time to its next change. Pure; times in ms.

const WORDS = { pre: "Pre-market", open: "Market open", post: "After hours", closed: "Market closed", halted: "Market halted" };
const NEXT = { pre: "opens", open: "closes", post: "closes", closed: "opens", halted: "changes" };
const AHEAD_MS = 86_400_000;
const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: "America/New_York" });
const DAY = new Intl.DateTimeFormat("en-GB", { weekday: "short", timeZone: "America/New_York" });

const two = (number) => String(number).padStart(2, "0");

/** A wait as "1:28:53". */
export function countdown(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

/** What is known of the session: {word, left, next}: "Market open", "1:28:53", "closes 16:00 ET". */
export function sessionText(market, now) {
  const word = WORDS[market?.session];
  if (!word) return { word: "Market –", left: "", next: "" };
  const { session, next_change: at } = market;
  if (at == null || at <= now) return { word, left: "", next: "" };
  const isFar = at - now > AHEAD_MS;
  const day = isFar ? `${DAY.format(at)} ` : "";
  return { word, left: isFar ? "" : countdown(at - now), next: `${NEXT[session]} ${day}${CLOCK.format(at)} ET` };
}
