// A rule as the fields of its form, and back.

const RANGES = new Set(["enters", "exits", "inside", "outside"]);
const MOVES = new Set(["moves_up", "moves_down"]);
const PAGE_ONLY = "page";
const NEWS = ["news", "impact"];
const PLAIN = { account: "account.", order: "orders.", desk: "desk." };

export const isRange = (comparator) => RANGES.has(comparator);
export const isMove = (comparator) => MOVES.has(comparator);

/** How a field is written: `QQQ.last`. `subject` is what it is of, `name` its name with length and window. */
export function fieldText({ subject, symbol, name }) {
  if (subject in PLAIN) return PLAIN[subject] + name;
  const of = symbol.trim().toUpperCase();
  if (subject === "news") return of ? `${of}.${name}` : name;
  if (subject === "position") return of ? `${of}.position.${name}` : `position.${name}`;
  return `${of}.${name}`;
}

/** What a written field is made of. */
export function fieldParts(text) {
  for (const [subject, prefix] of Object.entries(PLAIN))
    if (text.startsWith(prefix)) return { subject, symbol: "", name: text.slice(prefix.length) };
  for (const name of NEWS)
    if (text === name || text.endsWith(`.${name}`)) return { subject: "news", symbol: text.slice(0, -name.length - 1), name };
  const head = text.split("@")[0];
  const at = head.lastIndexOf(".");
  const [symbol, name] = [text.slice(0, at), text.slice(at + 1)];
  const [isPosition, of] = [/(^|\.)position$/.test(symbol), symbol.replace(/\.?position$/, "")];
  return isPosition ? { subject: "position", symbol: of, name } : { subject: "symbol", symbol, name };
}

/** A bound as it was typed: a number as it stands, else the name of another field. */
const bound = (text) => (/^[-+]?(\d+\.?\d*|\.\d+)$/.test(text.trim()) ? Number(text) : text.trim());

/** A study by its parts, `ema`, `20` and `5m`, and back; `length` is empty where it has none. */
export const studyName = ({ study, length, bar }) => `${study}${length}@${bar}`;

export function studyParts(name) {
  const [, study, length, bar] = /^([a-z_]+)(\d*)@?(.*)$/.exec(name) ?? [null, name, "", ""];
  return { study, length, bar };
}

/** One comparison as JSON. */
export function leafJson({ subject, symbol, name, is, value, high, within, ...news }) {
  const leaf = { field: fieldText({ subject, symbol, name }), is };
  if (is === "happens") {
    const filter = subject === "news" ? newsFilter(value, name, news) : value.trim() && { kind: value.trim() };
    return filter && Object.keys(filter).length ? { ...leaf, value: filter } : leaf;
  }
  leaf.value = isRange(is) ? [bound(value), bound(high)] : bound(value);
  if (isMove(is)) leaf.within_s = Math.round(Number(within) * 60);
  return leaf;
}

/** After how many minutes it is looked what an item moved, where none are named: alerts/rules/filters.py. */
const USUAL_MINUTES = 5;

/** From where on the desk calls news positive or negative: news/text/sentiment.py. */
const READS = { sentiment_above: 0.2, sentiment_below: -0.2 };

/** Which news count. `reads` is `above` for positive ones, `below` for negative ones. */
function newsFilter(value, name, { category = "", reads = "", halt = "", ...move }) {
  const words = value.split(",").map((word) => word.trim()).filter(Boolean);
  const sentiment = reads && `sentiment_${reads}`;
  return {
    ...(words.length && { words }),
    ...(category && { category }),
    ...(sentiment && { [sentiment]: READS[sentiment] }),
    ...(halt.trim() && { halt: halt.trim().toUpperCase() }),
    ...(name === "impact" && moveFilter(move)),
  };
}

/** What news have to move: `way` is `above` for more than `impact` percent, `below` for less. */
function moveFilter({ way = "above", impact = "", minutes = "" }) {
  return { ...(impact.trim() && { [`impact_${way}`]: bound(impact) }), ...(minutes && { minutes: Number(minutes) }) };
}

/** A comparison of a rule as the values of its line. */
export function leafParts(leaf) {
  const [low, high] = Array.isArray(leaf.value) ? leaf.value : [leaf.value, ""];
  const value = leaf.is === "happens" ? filterText(leaf.value) : String(low ?? "");
  return { ...fieldParts(leaf.field), is: leaf.is, value, high: String(high), within: leaf.within_s ? String(leaf.within_s / 60) : "", ...newsParts(leaf) };
}

function newsParts({ is, value }) {
  const filter = (is === "happens" && value) || {};
  const { category = "", halt = "", sentiment_above: above, sentiment_below: below, impact_above: more, impact_below: less } = filter;
  return {
    category,
    halt,
    reads: above === undefined ? (below === undefined ? "" : "below") : "above",
    way: less === undefined ? "above" : "below",
    impact: String(more ?? less ?? ""),
    minutes: String(filter.minutes ?? USUAL_MINUTES),
  };
}

const filterText = (filter) => (filter?.words ?? [filter?.kind ?? ""]).join(", ");

const SHOWN = new Set(["words", "kind", "category", "halt", "minutes", "impact_above", "impact_below"]);
const ONE_OF = [Object.keys(READS), ["impact_above", "impact_below"]];
const isBoth = (known) => ONE_OF.some((pair) => pair.every((key) => known.includes(key)));

/** Whether the form can show a rule: one group of comparisons, each of which it can say. */
export function isSimple(rule) {
  const parts = rule.when.all ?? rule.when.any;
  return parts.every((part) => {
    if (!part.field || part.of || part.by === "value") return false;
    const known = Object.keys(part.is === "happens" ? (part.value ?? {}) : {});
    return !isBoth(known) && known.every((key) => SHOWN.has(key) || part.value[key] === READS[key]);
  });
}

/** The whole rule as JSON, with what the form does not show taken over from `before`. */
export function ruleJson({ leaves, how, session, trigger, rearm, expires, note, channels, quiet = "" }, before = {}) {
  const rule = { ...before, when: { [how]: leaves.map(leafJson) }, session, trigger, note };
  if (trigger === "per_bar_close") rule.interval = studyParts(leaves[0].name).bar || "1m";
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
