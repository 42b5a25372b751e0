// Where this page stands in the person's stream, and which frames it takes (protocol.md §3).

/** The last frame applied. `epoch` is compared for equality only; `fact` is the newest fact that was told. */
export class Cursor {
  constructor(epoch = "", seq = 0, fact = 0) {
    this.epoch = epoch;
    this.seq = seq;
    this.fact = fact;
  }

  /** Read `<epoch>:<seq>:<fact>`; null when it is not one. */
  static parse(text) {
    const match = /^([^:]+):(\d+):(\d+)$/.exec(text ?? "");
    return match ? new Cursor(match[1], Number(match[2]), Number(match[3])) : null;
  }

  /**
   * The receiver's rule: "apply", "drop" (already seen) or "gap" (ask again from here). A frame that ends where
   * this page stands is applied too: it answers a changed watch while the board is quiet, and values are absolute.
   * A snapshot that is older than this page is a carrier's that came late.
   */
  judge(frame) {
    if (frame.epoch !== this.epoch) return frame.snapshot ? "apply" : "gap";
    if (frame.seq < this.seq) return "drop";
    return frame.snapshot || frame.prev <= this.seq ? "apply" : "gap";
  }

  /** Those of `facts` that were not told yet. */
  newFacts(facts) {
    return facts.filter((fact) => fact.fact > this.fact);
  }

  /** Stand where `frame` ends. */
  advance(frame) {
    this.epoch = frame.epoch;
    this.seq = frame.seq;
    this.learn(frame.fact);
  }

  /** Know the facts up to this number. */
  learn(fact = 0) {
    this.fact = Math.max(this.fact, fact);
  }

  /** The cursor that asks for all state there is, and for facts from here on. */
  whole() {
    return new Cursor(this.epoch, 0, this.fact);
  }

  toString() {
    return `${this.epoch}:${this.seq}:${this.fact}`;
  }
}
