// <socket-panel>: this page's own end of the stream, for the status page.

import { circumstances, clock, connection, store } from "../core/page.js";
import { age, count } from "../core/format.js";
import { nextTry, socketVerdict } from "../core/freshness.js";
import { blockedHere, NAMES } from "../transports/names.js";
import { LiveElement } from "../core/live-element.js";

const OPEN = { state: "live", word: "open", note: "" };

class SocketPanel extends LiveElement {
  paint() {
    const { counts, cursor } = connection.inbox;
    const { socket, now } = circumstances();
    this.judge(socketVerdict(socket, now) ?? { ...OPEN, note: instead(socket, now) });
    this.show({
      carrier: NAMES[socket.carrier].short,
      since: age(socket.since && now - socket.since),
      heard: age(connection.heardAt && performance.now() - connection.heardAt),
      reconnects: count(connection.reconnects),
      frames: count(counts.frames),
      facts: count(counts.facts),
      cursor: cursor.epoch ? String(cursor) : "–",
      recovered: { true: "resumed", false: "from a snapshot" }[socket.recovered] ?? "–",
      problems: count(counts.problems),
      unknown: count(counts.unknown + store.unknown),
      offset: `${count(Math.round(clock.offset))} ms`,
    });
  }
}

/** Why the stream is not carried by the best there is, and when that is tried again. */
function instead({ blocked, climbAt }, now) {
  if (!blocked.length) return "";
  return `${blockedHere(blocked)}, ${climbAt == null ? "trying now" : nextTry(climbAt, now)}`;
}

customElements.define("socket-panel", SocketPanel);
