// What the drawer says of the tools that were asked, and of how an answer ended. Pure.

import { age, count } from "../core/format.js";

/** Tools that tell of the market or the desk; what the others tell is the person's own. */
const PUBLIC = [
  "get_quotes", "market_overview", "get_candles", "get_expirations", "get_option_chain", "get_news", "get_signals",
  "desk_status", "stream_market_news", "watch_quotes",
];

export const isPublicTool = (tool) => PUBLIC.includes(tool);

/** "2 rows, 0 s old" of an answer {rows, age_ms, is_error, detail}, as far as it is known. */
export function answeredText({ rows, age_ms: old, is_error: isError, detail }) {
  if (isError) return detail || "It failed.";
  const parts = [];
  if (rows != null) parts.push(`${count(rows)} ${rows === 1 ? "row" : "rows"}`);
  if (old != null) parts.push(`${age(old)} old`);
  if (detail) parts.push(detail);
  return parts.join(", ") || "answered";
}

/** The line over the tools that were asked: `took` in ms is the sum of theirs, as far as they have answered. */
export function traceText(calls) {
  const took = calls.reduce((sum, { took_ms: one }) => sum + (one ?? 0), 0);
  const many = `${calls.length} ${calls.length === 1 ? "tool" : "tools"}`;
  return `Asked ${many}, ${(took / 1_000).toFixed(2)} s · sees your data only, sends nothing`;
}

/** The arguments of a call, in one line. */
export const argumentsText = (given) =>
  Object.entries(given ?? {})
    .map(([name, value]) => `${name} ${argumentText(value)}`)
    .join(" · ");

const argumentText = (value) =>
  Array.isArray(value) ? value.join(", ") : typeof value === "object" ? JSON.stringify(value) : value;

const counted = (words) => `${words} ${words === 1 ? "word" : "words"}`;

/** What is said under an answer that did not end by itself: `how` is {kind, code, detail, reason, status}, of so many words. */
export function endText({ kind, code, detail = "", reason, status }, words) {
  const kept = words ? " What is here is kept; ask again." : " Ask again.";
  if (kind === "stopped") return words ? `Stopped after ${counted(words)}.` : "Stopped before the first word.";
  if (kind === "cut") return `The answer was cut off after ${counted(words)}.${kept}`;
  if (kind === "error") return `${sentence(detail || "The model failed")}${kept}`;
  if (code === "consent_required") return "";
  if (kind === "refused") return `${sentence(detail)}${PASSING.includes(status) ? " Ask again when that is over." : ""}`;
  return FINISHED[reason] ?? "";
}

/** Refusals that end by themselves, by HTTP's status. */
const PASSING = [429, 502, 503, 504];

const FINISHED = {
  length: "The answer is as long as it may be: it ends here.",
  content_filter: "The desk ended this answer.",
};

/** How a turn ended that was stored with this outcome. */
export function pastEnd(outcome) {
  if (outcome === "stopped") return { kind: "stopped" };
  if (["stop", "length", "content_filter"].includes(outcome)) return { kind: "finish", reason: outcome };
  return { kind: "error", detail: `The model failed (${outcome.replaceAll("_", " ")}).` };
}

const sentence = (text) => (/[.!?]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`);

/** How many words a text has. */
export const wordCount = (text) => text.split(/\s+/).filter(Boolean).length;
