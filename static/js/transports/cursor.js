// Where this page stands in the person's stream, and which frames it takes (protocol.md §3).

/** What stands for an epoch where no board answered yet. */
const NO_EPOCH = "-";

/**
 * The last frame applied. `epoch` is compared for equality only; `fact` is the newest fact that was told; `list` is the
 * place in the list that the page reads, opaque, "" where it reads none.
 */
export class Cursor {
  constructor(epoch = "", seq = 0, fact = 0, list = "") {
    this.epoch = epoch;
    this.seq = seq;
    this.fact = fact;
    this.list = list;
  }

  /** Read `<epoch>:<seq>:<fact>`, with or without a `:<list>`; null when it is not one. */
  static parse(text) {
    const match = /^([^:]+):(\d+):(\d+)(?::([\w.]+))?$/.exec(text ?? "");
    if (!match) return null;
    const [, epoch, seq, fact, list = ""] = match;
    return new Cursor(epoch === NO_EPOCH ? "" : epoch, Number(seq), Number(fact), list);
  }

  /** Whether anything is known that the desk can go on from. */
  get isKnown() {
    return this.epoch !== "" || this.list !== "";
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
    return new Cursor(this.epoch, 0, this.fact, this.list);
  }

  toString() {
    return [this.epoch || NO_EPOCH, this.seq, this.fact, ...(this.list ? [this.list] : [])].join(":");
  }
}
