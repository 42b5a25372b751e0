// Where this page stands in the person's stream, and which frames it takes (protocol.md §3).

/** The last frame applied. `epoch` is compared for equality only. */
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
   */
  judge(frame) {
    if (frame.snapshot) return "apply";
    if (frame.epoch !== this.epoch) return "gap";
    if (frame.seq < this.seq) return "drop";
    return frame.prev <= this.seq ? "apply" : "gap";
  }

  /** Stand where `frame` ends. */
  follow(frame) {
    this.epoch = frame.epoch;
    this.seq = frame.seq;
    this.fact = frame.fact ?? this.fact;
  }

  toString() {
    return `${this.epoch}:${this.seq}:${this.fact}`;
  }
}
