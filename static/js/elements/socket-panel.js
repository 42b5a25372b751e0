// <socket-panel>: this page's own end of the stream, for the status page.

import { circumstances, clock, connection, store } from "../desk.js";
import { age, count } from "../format.js";
import { socketVerdict } from "../freshness.js";
import { LiveElement } from "./live-element.js";

const OPEN = { state: "live", word: "open", note: "" };

class SocketPanel extends LiveElement {
  paint() {
    const { socket, now } = circumstances();
    this.judge(socketVerdict(socket, now) ?? OPEN);
    this.show({
      since: age(socket.since && now - socket.since),
      heard: age(connection.heardAt && Date.now() - connection.heardAt),
      reconnects: count(connection.counts.reconnects),
      frames: count(connection.counts.frames),
      cursor: connection.cursor.epoch ? String(connection.cursor) : "–",
      recovered: { true: "resumed", false: "from a snapshot" }[socket.recovered] ?? "–",
      problems: count(connection.counts.problems),
      unknown: count(connection.counts.unknown + store.unknown),
      offset: `${count(Math.round(clock.offset))} ms`,
    });
  }
}

customElements.define("socket-panel", SocketPanel);
