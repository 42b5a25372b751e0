// Takes the frames of a page's stream, whatever carries them: state by cursor, each fact exactly once. Pure.

import { Cursor } from "../transports/cursor.js";

export class Receiver {
  cursor = new Cursor();

  /**
   * Take a frame and move on. Returns {verdict, facts}: the cursor's judgement of its state ("apply", "drop" or
   * "gap") and the facts that are new, in order. A frame whose state was seen by another carrier may still tell facts
   * that were not: facts have numbers of their own, which outlive an epoch.
   */
  apply(frame) {
    const verdict = this.cursor.judge(frame);
    if (verdict === "gap") return { verdict, facts: [] };
    const facts = this.cursor.newFacts(frame.facts ?? []);
    if (verdict === "apply") this.cursor.advance(frame);
    else this.cursor.learn(frame.fact);
    return { verdict, facts };
  }

  /** Nothing new happened until the cursor `text`, says a poll. */
  level(text) {
    const cursor = Cursor.parse(text);
    if (cursor?.epoch !== this.cursor.epoch) return;
    if (cursor.seq > this.cursor.seq) this.cursor.advance(cursor);
    else this.cursor.learn(cursor.fact);
  }

  /** More is wanted than was sent until now: ask for all of it, and for no fact twice. */
  askWhole() {
    this.cursor = this.cursor.whole();
  }
}
