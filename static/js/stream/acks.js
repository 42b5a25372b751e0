// When to acknowledge: after a quarter of the window, or a second after the first unacknowledged frame.

export const LATEST_MS = 1_000;

export class Acks {
  #since = 0;
  #frames = 0;
  #seq = 0;

  constructor(window = 32) {
    this.every = Math.max(1, Math.floor(window / 4));
  }

  /** A frame came at `now` (ms), whether it was news or not. */
  took(seq, now) {
    if (this.#frames === 0) this.#since = now;
    this.#frames += 1;
    this.#seq = seq;
  }

  /**
   * The seq to acknowledge at `now`, or null. Ask with every message and with every tick: the timers of a hidden page
   * come once a minute, its messages when they are sent.
   */
  due(now) {
    if (this.#frames === 0 || (this.#frames < this.every && now - this.#since < LATEST_MS)) return null;
    this.#frames = 0;
    return this.#seq;
  }
}
