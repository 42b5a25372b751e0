// Long polls: a question and an answer at a time. What gets any page through gets these through.

import { Cursor } from "./cursor.js";
import { fetched, forgetViews, streamAddress } from "./http.js";
import { Carrier } from "./transport.js";

/** How long the desk may wait for news before it answers (s). */
const WAIT_S = 25;
/** The same where something on the way keeps blanks back until the answer is whole: a page has to hear more often. */
const UNHEARD_WAIT_S = 2;
/** An answer that took this long (ms) had blanks before it. */
const BLANKS_MS = 4_500;
/** How much longer an answer may be on its way (ms). */
const TRAVEL_MS = 10_000;
/** Two questions are at least this far apart (ms). */
const LEAST_MS = 1_000;
/** Those of a page that nobody looks at, which are answered at once. */
const HIDDEN_LEAST_MS = 5_000;

export class PollCarrier extends Carrier {
  #question = null;
  #isFirst = true;
  #wait = WAIT_S;
  #beats = 0;

  constructor(wanted, hears) {
    super(wanted, hears);
    this.#run();
  }

  async #run() {
    this.hasAsked = true;
    while (!this.isOver) {
      const began = performance.now();
      await this.#request(this.#isFirst || document.hidden ? 0 : this.#wait);
      const least = document.hidden ? HIDDEN_LEAST_MS : LEAST_MS;
      const rest = began + Math.max(least, this.demand().interval ?? 0) - performance.now();
      await new Promise((wake) => setTimeout(wake, Math.max(0, rest)));
    }
  }

  async #request(wait) {
    const found = await streamAddress("/api/stream/poll/", this.demand(), { wait_s: wait, beats: 1 });
    if (!found?.address) return this.finish(found?.code, found?.least);
    if (this.isOver) return undefined;
    // One of its own for each question: signals that are joined to one that lives on are kept as long as that.
    const question = new AbortController();
    this.#question = question;
    const late = setTimeout(() => question.abort(), wait * 1000 + TRAVEL_MS);
    const [asked, before] = [performance.now(), this.#beats];
    const answer = await fetched(found.address, { signal: question.signal }, () => this.#beat());
    clearTimeout(late);
    if (performance.now() - asked > BLANKS_MS && this.#beats === before) this.#wait = UNHEARD_WAIT_S;
    if (answer?.body?.type === "poll") return this.#apply(answer.body);
    if (answer?.body?.type === "closed") return this.finish(answer.body.code);
    if (answer?.code === "view") return forgetViews();
    return this.finish(answer?.code, answer?.least);
  }

  #beat() {
    this.#beats += 1;
    this.deliver({ type: "beat" });
  }

  #apply({ cursor, recovered, at, frames, feed }) {
    const { epoch } = Cursor.parse(cursor) ?? {};
    if (this.#isFirst) this.deliver({ type: "welcome", epoch, recovered, at, heartbeat_s: WAIT_S });
    this.#isFirst = false;
    for (const frame of frames) this.deliver(frame);
    if (feed) this.deliver({ type: "feed", ...feed });
    this.deliver({ type: "level", cursor, at, isFed: !feed });
  }

  stop() {
    this.#question?.abort();
  }
}
