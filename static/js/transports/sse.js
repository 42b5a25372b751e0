// Server-sent events: the same frames over one long answer, where WebSockets do not get through.

import { fetched, forgetViews, streamAddress } from "./http.js";
import { Carrier } from "./transport.js";

const EVENTS = ["welcome", "frame", "beat", "feed", "heartbeat", "news", "news_sources"];
const EXPLAIN_MS = 5_000;

export class SseCarrier extends Carrier {
  #source = null;
  #delivered = false;

  constructor(wanted, hears) {
    super(wanted, hears);
    this.#open();
  }

  async #open() {
    this.hasAsked = true;
    const found = await streamAddress("/sse/streaming/", this.demand());
    if (this.isOver) return;
    if (found?.address) this.#listen(found.address);
    else this.finish(found?.code, found?.least);
  }

  #listen(address) {
    const source = new EventSource(address);
    this.#source = source;
    for (const name of EVENTS) source.addEventListener(name, (event) => this.#apply(event));
    source.addEventListener("closed", (event) => this.finish(JSON.parse(event.data).code));
    // It would come back by itself, with the watch of now and no word about why: that is the connection's to decide.
    source.addEventListener("error", () => this.#broke(address));
  }

  #apply(event) {
    this.#delivered = true;
    this.deliverText(event.data);
  }

  async #broke(address) {
    this.#source.close();
    if (this.#delivered) return this.finish();
    // A refusal has its reason in the answer, which EventSource keeps to itself.
    const headers = { Accept: "text/event-stream" };
    const refusal = await fetched(address, { headers, signal: AbortSignal.timeout(EXPLAIN_MS) });
    if (refusal?.code !== "view") return this.finish(refusal?.code, refusal?.least);
    forgetViews();
    return this.isOver || this.#open();
  }

  stop() {
    this.#source?.close();
  }
}
