// The server's clock as this page knows it: ages must not depend on the clock of the person's machine.

import { JUMP_MS } from "./liveness.js";

export const MEMORY_MS = 60_000;

export class ServerClock {
  #samples = [];
  #jumped = false;
  #apart = null;

  /** A message stamped `at` by the server arrived at `received` (both ms). */
  onServerTime(at, received) {
    const offset = received - at;
    const kept = this.#jumped ? [] : this.#samples;
    this.#jumped = false;
    this.#samples = kept.filter((s) => received - s.received < MEMORY_MS && s.offset < offset);
    this.#samples.push({ offset, received });
  }

  /**
   * Compare the person's clock with one that only counts (both ms). When they part, the clock was set or the machine
   * slept: the next message alone is believed then.
   */
  check(mono, wall) {
    if (Math.abs(wall - mono - (this.#apart ?? wall - mono)) > JUMP_MS) this.#jumped = true;
    this.#apart = wall - mono;
  }

  /** This page's clock minus the server's, in ms: the least of the last minute; 0 before the first message. */
  get offset() {
    return this.#samples[0]?.offset ?? 0;
  }

  /** The server's time when this page's clock shows `local`. */
  now(local = Date.now()) {
    return local - this.offset;
  }
}
