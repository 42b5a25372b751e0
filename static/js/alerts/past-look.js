// When a rule would have fired in the last month, said below its form. What the form says by then is another rule's
// matter: a question under way ends with it.

import { write } from "../core/render.js";
import { csrfToken, fetched } from "../transports/http.js";

const REST_MS = 500;
const ASKS = "Looks back at the last month …";
const SILENT = "The desk does not say when it would have fired.";

export class PastLook {
  #past;
  #now;
  #timer = 0;
  #asking = null;

  /** It writes into `past` what would have been, into `now` how it stands. */
  constructor(past, now) {
    this.#past = past;
    this.#now = now;
  }

  /** Nothing is asked any more, and nothing said. */
  drop() {
    clearTimeout(this.#timer);
    this.#asking?.abort();
    this.#asking = null;
    this.#say("", "");
  }

  /** Ask of a rule, once it rests for a while. */
  ask(rule) {
    this.drop();
    this.#timer = setTimeout(() => this.#look(rule), REST_MS);
  }

  async #look(rule) {
    const asking = (this.#asking = new AbortController());
    this.#say(ASKS, "");
    const answer = await fetched("/api/alerts/lookback", {
      method: "POST",
      body: JSON.stringify(rule),
      headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
      signal: asking.signal,
    });
    if (asking.signal.aborted) return;
    this.#asking = null;
    const { text, now, detail } = answer?.body ?? {};
    this.#say(text ?? detail ?? SILENT, now ?? "");
  }

  #say(past, now) {
    write(this.#past, past);
    write(this.#now, now);
  }
}
