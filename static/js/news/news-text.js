// What is said of a story, in words. Pure.

import { age, arrow, clock, isKnown, percent } from "../core/format.js";

const SYMBOLS = 4;
const VOID = {
  halted: "halted at the start", delayed: "quotes are delayed", closed: "the market is closed",
  spread: "spread above 50 bps at the start", no_quote: "no quote within 60 s", unlisted: "the venue does not know it",
  unwatched: "the desk did not run", too_many: "too many stories at once",
};
const ENDS = {
  ...VOID, halted: "halted at the end", spread: "spread above 50 bps at the end", no_quote: "no quote at the end",
};

/** "Simulated wire, 3 sources"; "Benzinga, Alpaca, your own" where a source of the person's brought it. */
export function sourceText({ first, items, sources }) {
  const name = first.publisher && first.publisher !== first.source_name ? `${first.publisher}, ${first.source_name}` : first.source_name;
  const own = items.some(isOwn) && (sources > 1 ? "one your own" : "your own");
  return [name, sources > 1 && `${sources} sources`, own].filter(Boolean).join(", ");
}

/** "Simulated press (simulated): Orchard opens a plant", of an item that tells what another one told first. */
export const otherText = ({ source_name, simulated, headline }) => `${source_name}${simulated ? " (simulated)" : ""}: ${headline}`;

/** Whether an item came by a source that the person linked: nobody else sees it. */
export const isOwn = ({ id }) => id.startsWith("p");

/** "held" or "watched", where it is the person's; "index" where it is about the whole market. */
export const relevanceText = (relevance) => (relevance === "market" ? "" : relevance);

/** "NVDA QQQ" */
export const symbolText = ({ symbols }) => symbols.slice(0, SYMBOLS).join(" ");

/** "positive +0.58, lexicon 1"; "no sentiment" where none was found. */
export function sentimentText({ sentiment, sentiment_word, sentiment_by, sentiment_version }) {
  if (!isKnown(sentiment)) return "no sentiment";
  const value = sentiment === 0 ? "0.00" : `${sentiment > 0 ? "+" : "−"}${Math.abs(sentiment).toFixed(2)}`;
  return `${sentiment_word} ${value}, ${sentiment_by} ${sentiment_version}`;
}

/** What is to be known beside a headline: how its time is known, whether it was late or revised. */
export function remarks(item) {
  return [
    item.published_by === "arrival" && `no time given: ${clock(item.received_at)} is when it arrived`,
    item.published_by === "date_only" && "only a day given",
    item.recovered && `recovered after a gap${isKnown(item.late_s) ? `, ${item.late_s} s late` : ""}`,
    item.revision > 1 && `revised ${clock(item.updated_at ?? item.received_at)}, ${item.revision} versions`,
  ].filter(Boolean);
}

/** What was expected, what it moved beyond SPY, and what had moved before; "" where nothing is measured. */
export function impactText({ impact }) {
  if (!impact) return "";
  const { moves, before } = impact;
  const parts = [expectedText(moves[0].expected)];
  if (impact.state === "void") parts.push(`impact void: ${VOID[impact.reason] ?? impact.reason}`);
  else parts.push(...moves.map((move) => movedText(move, impact)));
  if (isKnown(before)) parts.push(`before it ${percent(before)}${isMostlyKnown(impact) ? ": much was known" : ""}`);
  return parts.filter(Boolean).join(" · ");
}

function expectedText({ low, high, n }) {
  return isKnown(low) ? `expected ${low.toFixed(2)}–${high.toFixed(2)}% (n ${n})` : `expected – (n ${n}, too few)`;
}

/** "so far ▲ +0.41% beyond SPY, 5 min end 14:32:12"; "15 min ▼ −0.20% beyond SPY, confounded"; "" where it runs untold. */
function movedText({ minutes, move, done, void: reason, confounded, by, ends_at }, { beyond }) {
  if (reason) return `${minutes} min void: ${ENDS[reason] ?? reason}`;
  if (!isKnown(move)) return "";
  const moved = `${arrow(Number(move.toFixed(2)))} ${percent(move)}${beyond ? ` beyond ${beyond}` : ""}`.trim();
  const notes = [by === "candles" && "by candles", confounded && "confounded"].filter(Boolean).map((note) => `, ${note}`);
  return (done ? `${minutes} min ${moved}` : `so far ${moved}, ${minutes} min end ${clock(ends_at)}`) + notes.join("");
}

/** Whether more had moved before an item came than in any window since that has ended. */
const isMostlyKnown = ({ before, moves }) => {
  const ended = moves.filter(({ move, done }) => done && isKnown(move));
  return ended.length > 0 && ended.every(({ move }) => Math.abs(before) > Math.abs(move));
};

const WORDS = {
  waiting: "not asked yet", live: "live", asked: "asked", quiet: "quiet", late: "late", failing: "failing",
  refused: "refused", unusable: "unusable",
};

/** How a source is: {word, text}. Times in ms. */
export function sourceStatus(source, now) {
  const said = [];
  if (isKnown(source.alive_at)) said.push(`heard ${age(now - source.alive_at)} ago`);
  if (source.state === "asked" && source.pace_s) said.push(`every ${Math.round(source.pace_s)} s`);
  if (source.state === "quiet")
    said.push(`answers; nothing new for ${age(now - source.item_at)}, usual at most ${age(source.usual_gap_s * 1000)}`);
  if (isKnown(source.lag_p95_s)) said.push(`published → here p95 ${age(source.lag_p95_s * 1000)}`);
  if (source.reason) said.push(source.reason);
  if (isKnown(source.retry_at)) said.push(`tried again at ${clock(source.retry_at)}`);
  return { word: WORDS[source.state] ?? source.state, text: said.join(" · ") };
}

/** "2 new stories ↑" */
export const chipText = (count) => `${count} new ${count === 1 ? "story" : "stories"} ↑`;
