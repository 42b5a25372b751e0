// Where the live value of a number is: `quote:QQQ:last` is the field `last` of the slot `quote|QQQ`. Pure.

import {
  balanceVerdict,
  bestLink,
  holdingVerdict,
  linkVerdict,
  markOf,
  quoteVerdict,
  socketVerdict,
} from "../core/freshness.js";
import { KEYS, slotName } from "../stream/store.js";

/** States in which a value needs no age beside it. */
export const GOOD = ["live", "delayed", "closed", "halted"];

/** What is watched to hear of a slot, by its type. */
const DEMANDS = {
  quote: ([symbol]) => ({ quotes: [symbol] }),
  day: ([symbol]) => ({ quotes: [symbol] }),
  greeks: ([symbol]) => ({ greeks: [symbol], quotes: [symbol] }),
  underlying: ([symbol]) => ({ underlyings: [symbol], quotes: [symbol] }),
  balance: () => ({ topics: ["portfolio"] }),
  position: () => ({ topics: ["portfolio"] }),
  exposure: () => ({ topics: ["portfolio"] }),
  portfolio: () => ({ topics: ["portfolio"] }),
};

/** The slot that `text` names: {type, key, field, name}; null where there is no such slot. */
export function slotOf(text) {
  const [type, ...rest] = (text ?? "").split(":");
  const field = rest.pop();
  if (!Object.hasOwn(DEMANDS, type) || !field || rest.length !== KEYS[type].length) return null;
  return { type, key: rest, field, name: slotName(type, ...rest) };
}

/** What to watch to hear of it. */
export function demandOf({ type, key }) {
  const { topics = [], ...symbols } = DEMANDS[type](key);
  return { ...symbols, topics: [...topics, "links", "market"] };
}

/** Whether it is of the market, and not a person's own. */
export const isPublic = ({ type }) => ["quote", "day", "greeks", "underlying"].includes(type);

/** The symbol it is of; empty where it is of several. */
export function symbolOf({ type, key }) {
  if (isPublic({ type })) return key[0];
  return { position: key[2], exposure: key[1] }[type] ?? "";
}

/** Its value now, undefined where it is not known. `get` is the store's. */
export function valueOf({ type, key, field }, get) {
  const slot = get(type, ...key);
  return type === "quote" && field === "mark" ? (markOf(slot).value ?? undefined) : slot?.[field];
}

/** Nothing is known of it now: what was answered stands as of then. */
const NOT_THERE = { state: "none", word: "not there now", note: "" };

/** What may be said of it now. */
export function verdictOf(slot, get, around) {
  const found = verdictOfSlot(slot, get, around);
  return GOOD.includes(found.state) && !Number.isFinite(valueOf(slot, get)) ? NOT_THERE : found;
}

function verdictOfSlot({ type, key }, get, around) {
  const slot = get(type, ...key);
  if (isPublic({ type })) return quoteVerdict(get("quote", key[0]), around, get("profile", key[0]));
  if (type === "balance") return balanceVerdict(slot, around);
  if (type === "position" && slot) return holdingVerdict(slot, around);
  return socketVerdict(around.socket, around.now) ?? linkVerdict(bestLink(around.links), around.now);
}
