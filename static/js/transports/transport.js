// What carries a page's stream. Each try of one is an object of its own: made, it begins; closed or ended, it is over.

export class Carrier {
  /** Whether it can be asked for a sign of life. */
  static canAsk = false;
  /** Whether what is wanted was sent: until then the newest wants will be. */
  hasAsked = false;
  isOver = false;
  #hears;

  /**
   * `demand()` returns {watch, cursor, interval}: the whole watch, where to go on (text, or "") and the least ms between
   * two frames. `hears` has message(message) and ended({code, least}): the desk's close code, or null when
   * something else ended it, and the shortest wait before the next try, in ms.
   */
  constructor(demand, hears) {
    this.demand = demand;
    this.#hears = hears;
  }

  /** Watch more and less ({add, remove}). Returns whether it could; else it has to be made anew. */
  change(_news) {
    return false;
  }

  /** Send a frame every `interval` ms at most. Returns whether it could; else it has to be made anew. */
  pace(_interval) {
    return false;
  }

  /** Every frame up to `seq` is here. */
  acknowledge(_seq) {}

  /** Ask for a sign of life. */
  probe() {}

  /** Let go, without another word. */
  close() {
    this.isOver = true;
    this.stop();
  }

  /** Hand on a message of the desk. */
  deliver(message) {
    if (!this.isOver) this.#hears.message(message);
  }

  /** Hand on the text of one; what is not JSON was not said by the desk. */
  deliverText(text) {
    let message = null;
    try {
      message = JSON.parse(text);
    } catch (error) {
      if (error.name !== "SyntaxError") throw error;
    }
    if (message) this.deliver(message);
    else this.finish();
  }

  /** Say that it is over. */
  finish(code = null, least = 0) {
    if (this.isOver) return;
    this.close();
    this.#hears.ended({ code, least });
  }
}
