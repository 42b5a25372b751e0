// The best carrier: one WebSocket that takes changes, and whose client acknowledges.

import { isSaid } from "./close-codes.js";
import { socketAddress, whose } from "./http.js";
import { Carrier } from "./transport.js";

export const SUBPROTOCOL = "tapedeck.v1";

export class WebSocketCarrier extends Carrier {
  static canAsk = true;
  #socket;
  #interval = 0;

  constructor(wanted, hears) {
    super(wanted, hears);
    this.#socket = new WebSocket(socketAddress("/ws/streaming/"), SUBPROTOCOL);
    this.#socket.addEventListener("open", () => this.#hello());
    this.#socket.addEventListener("message", (event) => this.deliverText(event.data));
    this.#socket.addEventListener("close", ({ code }) => this.finish(isSaid(code) ? code : null));
  }

  #hello() {
    const { watch, cursor, interval } = this.demand();
    this.#send({ type: "hello", watch, ...whose(), ...(cursor ? { cursor } : {}) });
    this.hasAsked = true;
    this.pace(interval);
  }

  change(news) {
    this.#send({ type: "watch", ...news });
    return true;
  }

  pace(interval) {
    if (this.hasAsked && interval !== this.#interval) {
      this.#interval = interval;
      this.#send({ type: "rate", interval_ms: interval });
    }
    return true;
  }

  acknowledge(seq) {
    this.#send({ type: "ack", seq });
  }

  probe() {
    this.#send({ type: "ping" });
  }

  stop() {
    this.#socket.close(1000);
  }

  #send(message) {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }
}
