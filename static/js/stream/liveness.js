// Whether what carries the stream is alive, judged by what was received and never by a timer that fires. Pure.
//
// Two clocks come in: `mono` counts while this machine is awake, `wall` is what the person's clock shows (both ms).
// A page that was throttled or frozen finds its messages waiting and hears them first. One whose machine slept, or whose
// clock was set, asks whether anybody is still there; a carrier that cannot ask has to show itself. After a long sleep
// nobody is: asking would only cost time.

/** What delivers nothing within this time is given up. */
export const FIRST_MS = 10_000;
/** How long an answer may take once it was asked for, or once a page woke up. */
export const GRACE_MS = 5_000;
/** A look that comes this late was held up. */
export const LATE_MS = 5_000;
/** Clocks that part by this much did not drift. */
export const JUMP_MS = 5_000;
/** Who was away for so long was let go by the desk, which waits a minute. Throttled pages look once a minute. */
export const SLEPT_MS = 120_000;

export class Life {
  /** When something was heard last, by the `mono` clock. */
  heardAt;
  /** Whether anything was heard beyond a greeting. */
  delivered = false;
  #canAsk;
  #heartbeatMs = 25_000;
  #askedAt = null;
  #lookedAt;
  #apart;

  constructor(mono, wall, canAsk = false) {
    this.heardAt = this.#lookedAt = mono;
    this.#apart = wall - mono;
    this.#canAsk = canAsk;
  }

  /** A message came. A greeting says how often they will come at least, but delivers nothing yet. */
  onReceived(mono, heartbeatMs = null) {
    this.heardAt = mono;
    this.#askedAt = null;
    if (heartbeatMs === null) this.delivered = true;
    else this.#heartbeatMs = heartbeatMs;
  }

  /** Look about once a second: "well", "ask" (is anybody there?), "dead", or "slept": begin anew, whatever it is. */
  check(mono, wall) {
    const wasHeld = mono - this.#lookedAt > LATE_MS;
    const jumped = Math.abs(wall - mono - this.#apart) > JUMP_MS;
    const away = wall - this.#apart - this.#lookedAt;
    this.#lookedAt = mono;
    this.#apart = wall - mono;
    if (away > SLEPT_MS) return "slept";
    const latest = mono - this.#patience + GRACE_MS;
    if (wasHeld) this.heardAt = Math.max(this.heardAt, latest);
    if (this.#canAsk && this.delivered) return this.#question(mono, wasHeld || jumped);
    if (jumped && this.delivered) this.heardAt = Math.min(this.heardAt, latest);
    return mono - this.heardAt > this.#patience ? "dead" : "well";
  }

  /** Ask once when in doubt; no answer is an answer. */
  #question(mono, isDoubtful) {
    if (isDoubtful || (this.#askedAt === null && mono - this.heardAt > this.#heartbeatMs + GRACE_MS)) {
      this.#askedAt = mono;
      return "ask";
    }
    return this.#askedAt !== null && mono - this.#askedAt > GRACE_MS ? "dead" : "well";
  }

  get #patience() {
    return this.delivered ? 2 * this.#heartbeatMs : FIRST_MS;
  }
}
