// One try of one carrier, with what is known of it: what it delivered, whether it lives, what to acknowledge.

import { PollCarrier } from "../transports/poll.js";
import { SseCarrier } from "../transports/sse.js";
import { WebSocketCarrier } from "../transports/websocket.js";
import { Acks } from "./acks.js";
import { Life } from "./liveness.js";

const MADE = { websocket: WebSocketCarrier, sse: SseCarrier, poll: PollCarrier };

export class TransportAttempt {
  #life;
  #acks = new Acks();
  #deliveredAt = null;

  /** `hears` has message(leg, message) and ended(leg, {code, least}). */
  constructor(name, wanted, hears) {
    this.name = name;
    this.#life = new Life(performance.now(), Date.now(), MADE[name].canAsk);
    this.carrier = new MADE[name](wanted, {
      message: (message) => this.#onMessage(message, hears),
      ended: (end) => hears.ended(this, end),
    });
  }

  /** When something was heard on it last (ms, as performance.now() counts). */
  get heardAt() {
    return this.#life.heardAt;
  }

  /** For how long it has delivered, in ms; 0 when it never did. */
  get stood() {
    return this.#deliveredAt === null ? 0 : performance.now() - this.#deliveredAt;
  }

  #onMessage(message, hears) {
    const now = performance.now();
    if (message.type === "welcome") this.#greet(message, now);
    else this.#deliver(message, now);
    hears.message(this, message);
    this.#acknowledge(now);
  }

  #greet({ heartbeat_s, window }, now) {
    this.#life.onReceived(now, heartbeat_s * 1000);
    this.#acks = new Acks(window);
  }

  #deliver(message, now) {
    this.#deliveredAt ??= now;
    this.#life.onReceived(now);
    if (message.type === "frame") this.#acks.took(message.seq, now);
  }

  /** Look after it, about once a second. Returns "dead", "slept" or "well". */
  check() {
    const now = performance.now();
    this.#acknowledge(now);
    const found = this.#life.check(now, Date.now());
    if (found !== "ask") return found;
    this.carrier.probe();
    return "well";
  }

  #acknowledge(now) {
    const seq = this.carrier.isOver ? null : this.#acks.due(now);
    if (seq !== null) this.carrier.acknowledge(seq);
  }

  close() {
    this.carrier.close();
  }
}
