// Tries the better carriers while another one delivers, best first, and hands over the one that delivers too.

import { Climb } from "./upgrade-policy.js";

export class TransportUpgrade {
  /** The try that is under way. */
  leg = null;
  #climb = new Climb();
  #higher = [];
  #launch;
  #told;

  /** `launch(name)` begins a leg; `told()` is called when the next try moved. */
  constructor(launch, told) {
    this.#launch = launch;
    this.#told = told;
  }

  /** In how many ms better carriers are tried again; null while they are, or when there are none. */
  get wait() {
    const { at } = this.#climb;
    return at === null || at === Infinity ? null : at - performance.now();
  }

  /** There is nothing better to try. `isProven`: the best one held, so the next pauses are short again. */
  rest(isProven) {
    this.drop();
    this.#climb.stop();
    if (isProven) this.#climb.forget();
  }

  /** The carrier in use is not the best one any more, or yet. */
  request() {
    this.#climb.failed(performance.now());
  }

  /** Try soon. `anew`: the network changed, what failed before says nothing any more. */
  hasten(anew = false) {
    this.#climb.hasten(performance.now(), anew);
  }

  /** Begin a try of `higher`, the names of what is better, if it is time for one. */
  check(higher) {
    if (this.leg || !this.#climb.isDue(performance.now())) return;
    this.#climb.start(performance.now());
    this.#higher = higher;
    this.#next();
  }

  /** The try that is under way failed. */
  failed() {
    this.leg = null;
    if (this.#higher.length) return this.#next();
    this.#climb.failed(performance.now());
    return this.#told();
  }

  /** Hand over the leg that delivers. */
  detach() {
    const { leg } = this;
    this.leg = null;
    this.#higher = [];
    return leg;
  }

  /** Give up the try that is under way, because the carrier in use is changing itself. */
  drop() {
    if (!this.leg) return;
    this.detach().close();
    this.#climb.failed(performance.now());
    this.#told();
  }

  #next() {
    this.leg = this.#launch(this.#higher.shift());
    this.#told();
  }
}
