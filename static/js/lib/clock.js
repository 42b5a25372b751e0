// The server's clock as this page knows it: ages must not depend on the clock of the person's machine.

export const MEMORY_MS = 60_000;

export class ServerClock {
  #samples = [];

  /** A message stamped `at` by the server arrived at `received` (both ms). */
  hear(at, received) {
    const offset = received - at;
    this.#samples = this.#samples.filter((s) => received - s.received < MEMORY_MS && s.offset < offset);
    this.#samples.push({ offset, received });
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
