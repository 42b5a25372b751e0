// <feed-badge>: the feed's freshness and the socket's state, shown apart: one can live while the other is dead.

import { circumstances, store } from "../core/page.js";
import { age } from "../core/format.js";
import { bestLink, linkVerdict, socketVerdict } from "../core/freshness.js";
import { NAMES } from "../transports/names.js";
import { LiveElement } from "../core/live-element.js";

const SOCKET = { connecting: "connecting", resting: "closed", waiting: "lost", offline: "offline", closed: "closed" };

/** States whose note is short enough for the header: a count-down, a time. */
const BRIEF = ["lost", "paused"];

class FeedBadge extends LiveElement {
  get demand() {
    return { topics: ["links", "market"] };
  }

  get hears() {
    return ["link", "quote"];
  }

  paint() {
    const { socket, links, now } = circumstances();
    const verdict = socketVerdict(socket, now) ?? linkVerdict(bestLink(links), now);
    this.judge({ ...verdict, note: BRIEF.includes(verdict.state) ? verdict.note : "" });
    const carrier = carried(socket);
    this.show({ feed: `feed ${age(now - provenAt(links))}`, socket: carrier, over: socket.blocked.length ? carrier : "" });
  }
}

/** The state of what carries the stream, and its name where that is not a WebSocket. */
function carried({ carrier, state, silentSince }) {
  const { short } = NAMES[carrier];
  const stands = SOCKET[state] ?? (silentSince === null ? "ok" : "silent");
  if (carrier === "websocket") return `socket ${stands}`;
  return stands === "ok" ? `over ${short}` : `${short} ${stands}`;
}

/** When the feeds last showed a sign of life, as far as this page has seen (ms). */
function provenAt(links) {
  const times = [...links.map((link) => link.feed_at), ...store.all("quote").map((quote) => quote.at)];
  return Math.max(...times.filter((time) => time != null), -Infinity);
}

customElements.define("feed-badge", FeedBadge);
