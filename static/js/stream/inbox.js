// Takes what carriers bring into the page: frames into its store, each fact once to whoever listens, the server's time.

import { Receiver } from "./frames.js";
import { beyond } from "./subscription-set.js";

/** Events: "frame" (`detail` was applied), "fact" (`detail` was told, once), "news" (`detail` is a message of a list). */
export class Inbox extends EventTarget {
  counts = { frames: 0, facts: 0, unknown: 0, problems: 0 };
  #receiver = new Receiver();
  #store;
  #clock;

  constructor(store, clock) {
    super();
    this.#store = store;
    this.#clock = clock;
  }

  /** Where the page stands. */
  get cursor() {
    return this.#receiver.cursor;
  }

  /** Stand where the server rendered the page ({watch, frame}); what is wanted beyond that has to come whole. */
  start({ watch, frame }, wanted) {
    this.#receiver.apply(frame);
    this.#store.apply(frame.state, true);
    if (beyond(watch, wanted)) this.askWhole();
  }

  /** Have all state sent again, and no fact twice. */
  askWhole() {
    this.#receiver.askWhole();
  }

  /** What is watched changed ({add, remove}). */
  rewatch(news) {
    this.#store.rewatch(news);
  }

  /** Note the time of a message, and that it is a problem or nothing this page knows. */
  onMessage(message) {
    const at = message.at ?? message.timestamp;
    if (at) this.#clock.onServerTime(at, Date.now());
    if (message.type === "error") this.counts.problems += 1;
    else if (LISTS.has(message.type)) this.#onList(message);
    else if (!KNOWN.has(message.type)) this.counts.unknown += 1;
  }

  /** A list grew, or something about it changed: the page stands where the message says. */
  #onList(message) {
    if (message.list) this.#receiver.cursor.list = message.list;
    this.dispatchEvent(new CustomEvent("news", { detail: message }));
  }

  /** Take a frame, or a poll's word that nothing happened. Returns false where something is missing in between. */
  apply(message) {
    if (message.type === "level") {
      this.#receiver.level(message.cursor);
      return true;
    }
    const { verdict, facts } = this.#receiver.apply(message);
    if (verdict === "apply") this.#apply(message);
    for (const fact of facts) this.#dispatch(fact);
    return verdict !== "gap";
  }

  #apply(frame) {
    this.counts.frames += 1;
    this.#store.apply(frame.state ?? [], frame.snapshot);
    this.dispatchEvent(new CustomEvent("frame", { detail: frame }));
  }

  #dispatch(fact) {
    this.counts.facts += 1;
    this.dispatchEvent(new CustomEvent("fact", { detail: fact }));
  }
}

const LISTS = new Set(["news", "news_sources"]);
const KNOWN = new Set(["welcome", "frame", "beat", "level", "feed", "heartbeat", "pong"]);
