// The one store of a page: the newest value of every slot, merged field by field. What the server knew of old (`held`)
// stays until its slot is told.

/** The fields that make up a slot's key, by event type. Types not named here are ignored and counted. */
export const KEYS = {
  quote: ["symbol"],
  day: ["symbol"],
  greeks: ["symbol"],
  underlying: ["symbol"],
  profile: ["symbol"],
  candle: ["symbol", "interval"],
  balance: ["link", "account"],
  position: ["link", "account", "symbol"],
  exposure: ["environment", "underlying"],
  portfolio: ["environment", "link", "account"],
  alert_state: ["rule"],
  insight: ["symbol"],
  link: ["link"],
  market: [],
};

/** What goes together where it was last known. */
const HOLDINGS = ["position", "exposure", "portfolio"];

/** What comes with each thing that is watched by symbol. */
const BROUGHT = { quotes: ["quote", "day", "profile"], greeks: ["greeks"], underlyings: ["underlying"], insights: ["insight"] };

/** Frames that were under way when a thing was let go come within this time (ms). */
const UNDER_WAY_MS = 10_000;

/** The name of a slot: `quote|QQQ`. */
export const slotName = (type, ...key) => [type, ...key].join("|");

const nameOf = (item) => slotName(item.type, ...KEYS[item.type].map((field) => item[field]));

/** The names of the slots that a watch by symbol brings. */
const brought = (watch) => [
  ...Object.entries(watch).flatMap(([kind, symbols]) =>
    (BROUGHT[kind] ?? []).flatMap((type) => symbols.map((symbol) => slotName(type, symbol))),
  ),
  ...(watch.candles ?? []).map(({ symbol, interval }) => slotName("candle", symbol, interval)),
];

export class Store {
  #slots = new Map();
  #listeners = new Map();
  #gone = new Set();
  #left = new Map();
  unknown = 0;

  /** The slot of this type and key, or undefined. */
  get(type, ...key) {
    return this.#slots.get(slotName(type, ...key));
  }

  /** Whether a frame said that this slot is gone, and none since that it is back. */
  isGone(type, ...key) {
    return this.#gone.has(slotName(type, ...key));
  }

  /** Every slot of one type, in the order of their keys. */
  all(type) {
    const names = [...this.#slots.keys()].filter((name) => name === type || name.startsWith(`${type}|`));
    return names.sort().map((name) => this.#slots.get(name));
  }

  /** Call `heard()` after every change of one slot (`quote|QQQ`) or of a whole type. Returns the way to stop. */
  listen(name, heard) {
    const heards = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, heards.add(heard));
    return () => {
      heards.delete(heard);
      if (heards.size === 0 && this.#listeners.get(name) === heards) this.#listeners.delete(name);
    };
  }

  /** What is watched changed ({add, remove}): what nobody watches any more would only grow old, and is dropped. */
  rewatch({ add = {}, remove = {} }, now = performance.now()) {
    for (const name of brought(add)) this.#left.delete(name);
    for (const [name, at] of this.#left) if (now - at > UNDER_WAY_MS) this.#left.delete(name);
    for (const name of brought(remove)) {
      this.#slots.delete(name);
      this.#gone.delete(name);
      this.#left.set(name, now);
    }
  }

  /** Take in the state of one frame. With `snapshot`, what it does not carry is gone. */
  apply(state, snapshot = false) {
    const changed = new Set();
    if (snapshot) this.#clear(changed);
    for (const item of state) {
      if (item.type in KEYS) this.#merge(item, changed);
      else this.unknown += 1;
    }
    for (const name of changed) for (const heard of this.#listeners.get(name) ?? []) heard();
  }

  #clear(changed) {
    for (const [name, slot] of this.#slots) {
      changed.add(name).add(slot.type);
      if (!slot.held) this.#slots.delete(name);
    }
  }

  /** What is held is valued now: of what was last known of it, nothing is left. */
  #valued(changed) {
    for (const [name, { held, type }] of this.#slots) {
      if (!held || !HOLDINGS.includes(type)) continue;
      this.#slots.delete(name);
      changed.add(name).add(type);
    }
  }

  #merge(item, changed) {
    const name = nameOf(item);
    if (this.#left.has(name)) return;
    changed.add(name).add(item.type);
    if (item.type === "portfolio" && !item.held) this.#valued(changed);
    if (item.gone) {
      this.#gone.add(name);
      this.#slots.delete(name);
    } else {
      this.#gone.delete(name);
      const known = this.#slots.get(name);
      this.#slots.set(name, known?.held ? item : { ...known, ...item });
    }
  }
}
