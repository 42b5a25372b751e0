// A rule as the fields of its form, and back.

const RANGES = new Set(["enters", "exits", "inside", "outside"]);
const MOVES = new Set(["moves_up", "moves_down"]);
const PAGE_ONLY = "page";
const PLAIN = { account: "account.", order: "orders.", desk: "desk." };

export const isRange = (comparator) => RANGES.has(comparator);
export const isMove = (comparator) => MOVES.has(comparator);

/** How a field is written: `QQQ.last`. `subject` is what it is of, `name` its name with length and window. */
export function fieldText({ subject, symbol, name }) {
  if (subject in PLAIN) return PLAIN[subject] + name;
  const of = symbol.trim().toUpperCase();
  if (subject === "news") return of ? `${of}.news` : "news";
  return subject === "position" ? `${of}.position.${name}` : `${of}.${name}`;
}

/** What a written field is made of. */
export function fieldParts(text) {
  for (const [subject, prefix] of Object.entries(PLAIN))
    if (text.startsWith(prefix)) return { subject, symbol: "", name: text.slice(prefix.length) };
  if (text === "news" || text.endsWith(".news")) return { subject: "news", symbol: text.slice(0, -".news".length), name: "news" };
  const head = text.split("@")[0];
  const at = head.lastIndexOf(".");
  const [symbol, name] = [text.slice(0, at), text.slice(at + 1)];
  const isPosition = symbol.endsWith(".position");
  return { subject: isPosition ? "position" : "symbol", symbol: isPosition ? symbol.slice(0, -".position".length) : symbol, name };
}

/** A bound as it was typed: a number as it stands, else the name of another field. */
const bound = (text) => (/^[-+]?(\d+\.?\d*|\.\d+)$/.test(text.trim()) ? Number(text) : text.trim());

/** One comparison as JSON. */
export function leafJson({ subject, symbol, name, is, value, high, within }) {
  const leaf = { field: fieldText({ subject, symbol, name }), is };
  if (is === "happens") return value.trim() ? { ...leaf, value: { [subject === "news" ? "words" : "kind"]: words(subject, value) } } : leaf;
  leaf.value = isRange(is) ? [bound(value), bound(high)] : bound(value);
  if (isMove(is)) leaf.within_s = Math.round(Number(within) * 60);
  return leaf;
}

const words = (subject, value) => (subject === "news" ? value.split(",").map((word) => word.trim()).filter(Boolean) : value.trim());

/** A comparison of a rule as the values of its line. */
export function leafParts(leaf) {
  const [low, high] = Array.isArray(leaf.value) ? leaf.value : [leaf.value, ""];
  const value = leaf.is === "happens" ? filterText(leaf.value) : String(low ?? "");
  return { ...fieldParts(leaf.field), is: leaf.is, value, high: String(high), within: leaf.within_s ? String(leaf.within_s / 60) : "" };
}

const filterText = (filter) => (filter?.words ?? [filter?.kind ?? ""]).join(", ");

/** Whether the form can show a rule: one group of comparisons, each of which it can say. */
export function isSimple(rule) {
  const parts = rule.when.all ?? rule.when.any;
  return parts.every((part) => {
    if (!part.field || part.of || part.by === "value") return false;
    const known = Object.keys(part.is === "happens" ? (part.value ?? {}) : {});
    return known.every((key) => key === "words" || key === "kind");
  });
}

/** The whole rule as JSON, with what the form does not show taken over from `before`. */
export function ruleJson({ leaves, how, session, trigger, rearm, expires, note, channels, quiet = "" }, before = {}) {
  const rule = { ...before, when: { [how]: leaves.map(leafJson) }, session, trigger, note };
  delete rule.rearm;
  if (trigger === "each" && rearm.trim()) rule.rearm = { pct: Number(rearm) };
  delete rule.expires;
  if (expires) rule.expires = new Date(`${expires}T23:59:59`).getTime();
  delete rule.channels;
  const named = channels && channelsJson(channels);
  if (named?.length) rule.channels = named;
  delete rule.quiet;
  const hours = quiet.split(",").map((text) => text.trim()).filter(Boolean);
  if (hours.length) rule.quiet = hours;
  return rule;
}

/** The channels of a rule, of those there are as {id, isChosen}: none named means every one, also those to come. */
function channelsJson(channels) {
  const chosen = channels.filter(({ isChosen }) => isChosen);
  if (chosen.length === channels.length) return [];
  return chosen.length ? chosen.map(({ id }) => id) : [PAGE_ONLY];
}

/** Whether a rule is told by a channel. */
export const isToldBy = (rule, id) => !rule.channels?.length || rule.channels.includes(id);
