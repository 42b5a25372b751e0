// When a page on a lower carrier tries the better ones again: soon, then less and less often. Pure; times in ms.

export const FIRST_MS = 15_000;
export const CAP_MS = 600_000;
/** Not even a network that comes and goes has them tried more often than this. */
export const LEAST_MS = 5_000;

export class Climb {
  /** When to try next; null: there is nothing better. */
  at = null;
  #pause = FIRST_MS;
  #tried = -Infinity;
  #random;

  constructor(random = Math.random) {
    this.#random = random;
  }

  /** A better carrier failed at `now`: try again after a pause, which is longer each time. */
  failed(now) {
    this.at = now + this.#pause * (0.75 + 0.5 * this.#random());
    this.#pause = Math.min(CAP_MS, 2 * this.#pause);
  }

  /** Something changed: the network, or somebody looks again. `anew`: what failed before says nothing any more. */
  hasten(now, anew = false) {
    if (this.at === null) return;
    if (anew) this.#pause = FIRST_MS;
    this.at = Math.min(this.at, Math.max(now, this.#tried + LEAST_MS));
  }

  /** Whether to try now. */
  isDue(now) {
    return this.at !== null && now >= this.at;
  }

  /** A try begins at `now`; its outcome is told by `failed` or `stop`. */
  start(now) {
    this.#tried = now;
    this.at = Infinity;
  }

  /** The best carrier is in use, or nothing is. */
  stop() {
    this.at = null;
  }

  /** The best carrier proved itself: begin with short pauses the next time. */
  forget() {
    this.#pause = FIRST_MS;
  }
}
