// Which carrier a page uses: the best one, unless it does not get through here. Pure; times are passed in, in ms.

import { CARRIERS } from "../transports/names.js";

/** A carrier that failed this often in a row, while the desk answers otherwise, is left for the next one. */
export const TRIES = 3;
/** A carrier that delivered for this long has not failed when it ends. */
export const HEALTHY_MS = 10_000;
/** For how long the pages of one tab remember what got through. */
export const MEMORY_MS = 600_000;

const TOP = 0;

export class TransportFallback {
  #rung = TOP;
  #failures = 0;
  /** Where to go back to when what was climbed to breaks at once. */
  #from = null;

  /** The name of the carrier to use. */
  get carrier() {
    return CARRIERS[this.#rung];
  }

  get isTop() {
    return this.#rung === TOP;
  }

  /** The carriers that did not get through, best first. */
  get blocked() {
    return CARRIERS.slice(TOP, this.#rung);
  }

  /**
   * The carrier ended without a word of the desk, after it had delivered for `stood` ms (0: it never did).
   * `answers` says whether the desk answers plain HTTP: one that does not is down, and no carrier is to blame.
   * Returns whether another carrier is to be used now.
   */
  failed(answers, stood) {
    if (stood >= HEALTHY_MS) this.#hold();
    if (!answers) return false;
    this.#failures += 1;
    if (this.#from === null && this.#failures < TRIES) return false;
    this.#rung = this.#from ?? (this.#rung + 1) % CARRIERS.length;
    this.#hold();
    return true;
  }

  /** `carrier` delivers: use it from now on. It has to prove itself before it is trusted again. */
  climbed(carrier) {
    this.#from = this.#rung;
    this.#failures = 0;
    this.#rung = CARRIERS.indexOf(carrier);
  }

  /** The carrier delivers, for `stood` ms now. */
  stands(stood) {
    if (stood >= HEALTHY_MS) this.#hold();
  }

  #hold() {
    this.#failures = 0;
    this.#from = null;
  }

  /** What the next page of this tab needs to know at `now`; "" when there is nothing to remember. */
  memory(now) {
    return this.isTop ? "" : `${this.carrier} ${now}`;
  }

  /** Begin where a former page of this tab stood, unless that was long ago. */
  recall(memory, now) {
    const [carrier, at] = (memory ?? "").split(" ");
    const age = now - Number(at);
    if (CARRIERS.includes(carrier) && age >= 0 && age < MEMORY_MS) this.#rung = CARRIERS.indexOf(carrier);
  }
}
