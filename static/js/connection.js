// The one socket of a page: says hello with the watch and the cursor, takes frames, acknowledges, comes back.

import { Acks } from "./lib/acks.js";
import { delay } from "./lib/backoff.js";
import { afterClose } from "./lib/closing.js";
import { Cursor } from "./lib/cursor.js";
import { Wants } from "./lib/wants.js";

export const SUBPROTOCOL = "tapedeck.v1";
const HEARTBEAT_S = 25;
/** A socket that is not welcomed within this time is given up (ms). */
const WELCOME_MS = 10_000;
/** Tries start over at the first delay when the last socket was open for this long (ms). */
const HEALTHY_MS = 10_000;
const HIDDEN_RATE_MS = 1_000;

/**
 * Events: "change" (its `status` changed), "frame" (one was applied). `status.state` is connecting | open | waiting |
 * offline | closed; `lost` says that this page was connected before; its times are the server's, in ms.
 */
export class Connection extends EventTarget {
  status = {
    state: "connecting",
    since: null,
    retryAt: null,
    lost: false,
    lostAt: null,
    backAt: null,
    recovered: null,
    text: "",
    act: "",
    fedSince: null,
    pausedAt: null,
  };
  counts = { frames: 0, reconnects: 0, unknown: 0, problems: 0 };
  cursor = new Cursor();
  heardAt = 0;

  #url;
  #store;
  #clock;
  #socket = null;
  #wants = new Wants();
  #news = { add: [], remove: [] };
  #acks = new Acks();
  #rate = 0;
  #sentRate = 0;
  #heartbeatMs = HEARTBEAT_S * 1000;
  #openedAt = 0;
  #failures = 0;
  #retry = 0;

  constructor(url, store, clock) {
    super();
    this.#url = url;
    this.#store = store;
    this.#clock = clock;
  }

  /** Connect, and stay connected. `cursor` is where the server-rendered page stands. */
  start(cursor = null) {
    this.cursor = cursor ?? this.cursor;
    setInterval(() => this.#check(), 1_000);
    addEventListener("online", () => this.retry());
    addEventListener("offline", () => this.#labelOffline());
    addEventListener("pagehide", () => this.#leave());
    addEventListener("pageshow", (event) => event.persisted && this.retry());
    document.addEventListener("visibilitychange", () => this.#sendRate());
    this.#open();
  }

  /** Watch what `want` names; several wants of one thing cost one subscription. Returns the way to stop. */
  want(want) {
    this.#tell("add", this.#wants.add(want));
    return () => this.#tell("remove", this.#wants.remove(want));
  }

  /** Ask for at most one frame per `interval` ms: 0 is live, null is paused. */
  pace(interval) {
    this.#rate = interval;
    this.#set({ pausedAt: interval === null ? this.#clock.now() : null });
    this.#sendRate();
  }

  /** Try now, if this connection is waiting for its next try. */
  retry() {
    if (this.status.state === "waiting" || this.status.state === "offline") this.#open();
  }

  #set(changes) {
    const isMove = "state" in changes && changes.state !== this.status.state;
    this.status = { ...this.status, ...(isMove ? { since: this.#clock.now() } : {}), ...changes };
    this.dispatchEvent(new Event("change"));
  }

  #open() {
    clearTimeout(this.#retry);
    const socket = new WebSocket(this.#url, SUBPROTOCOL);
    this.#socket = socket;
    this.heardAt = Date.now();
    this.#openedAt = 0;
    this.#set({ state: "connecting", retryAt: null });
    socket.addEventListener("open", () => this.#hello());
    socket.addEventListener("message", (event) => socket === this.#socket && this.#hear(JSON.parse(event.data)));
    socket.addEventListener("close", (event) => socket === this.#socket && this.#closed(event.code));
  }

  #hello() {
    const hello = { type: "hello", watch: this.#wants.all };
    if (this.cursor.epoch) hello.cursor = String(this.cursor);
    this.#news = { add: [], remove: [] };
    this.#sentRate = 0;
    this.#send(hello);
    this.#sendRate();
  }

  #hear(message) {
    const received = Date.now();
    this.heardAt = received;
    if (message.at) this.#clock.hear(message.at, received);
    switch (message.type) {
      case "welcome":
        return this.#welcome(message);
      case "frame":
        return this.#frame(message);
      case "feed":
        return this.#set({ fedSince: message.since });
      case "error":
        this.counts.problems += 1;
        return undefined;
      case "heartbeat":
      case "pong":
        return undefined;
      default:
        this.counts.unknown += 1;
        return undefined;
    }
  }

  #welcome(message) {
    this.#openedAt = Date.now();
    this.#heartbeatMs = message.heartbeat_s * 1000;
    this.#acks = new Acks(message.window);
    const backAt = this.status.lost ? this.#clock.now() : null;
    this.#set({ state: "open", lost: false, backAt, recovered: message.recovered, text: "", act: "", fedSince: null });
  }

  #frame(frame) {
    const verdict = this.cursor.judge(frame);
    if (verdict === "gap") return this.#drop(0);
    if (this.status.fedSince != null) this.#set({ fedSince: null });
    this.#acknowledge(this.#acks.took(frame.seq, Date.now()));
    if (verdict === "drop") return undefined;
    this.cursor.follow(frame);
    this.counts.frames += 1;
    this.#store.apply(frame.state ?? [], frame.snapshot);
    this.dispatchEvent(new Event("frame"));
    return undefined;
  }

  #acknowledge(seq) {
    if (seq !== null) this.#send({ type: "ack", seq });
  }

  #check() {
    const now = Date.now();
    this.#acknowledge(this.#acks.due(now));
    const patience = this.#openedAt ? 2 * this.#heartbeatMs : WELCOME_MS;
    if (this.#socket && now - this.heardAt > patience) this.#drop();
  }

  /** Give this socket up without waiting for its close handshake. */
  #drop(wait) {
    this.#socket.close(1000);
    this.#lost("The desk stopped answering.", wait);
  }

  #closed(code) {
    const { act, text, least } = afterClose(code);
    if (act === "retry") this.#lost(text, undefined, least);
    else this.#end(act, text);
  }

  #lost(text, wait, least = 0) {
    this.#socket = null;
    this.#failures = this.#openedAt && Date.now() - this.#openedAt > HEALTHY_MS ? 1 : this.#failures + 1;
    this.#openedAt = 0;
    this.counts.reconnects += 1;
    const pause = Math.max(least, wait ?? delay(this.#failures));
    this.#retry = setTimeout(() => this.#open(), pause);
    const now = this.#clock.now();
    const lostAt = this.status.lost ? this.status.lostAt : now;
    this.#set({ state: "waiting", lost: true, lostAt, text, act: "retry", retryAt: now + pause });
    this.#labelOffline();
  }

  /** A desk on this very machine is reachable without a network: keep trying, only say it differently. */
  #labelOffline() {
    if (!navigator.onLine && this.status.state === "waiting") this.#set({ state: "offline" });
  }

  #end(act, text) {
    this.#socket = null;
    this.#set({ state: "closed", lost: true, text, act });
  }

  #leave() {
    clearTimeout(this.#retry);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(1000);
    if (this.status.state !== "closed") {
      this.#set({ state: "waiting", lost: true, lostAt: this.#clock.now(), text: "This page was away.", act: "retry" });
    }
  }

  #sendRate() {
    const rate = document.hidden && this.#rate !== null ? Math.max(HIDDEN_RATE_MS, this.#rate) : this.#rate;
    if (rate !== this.#sentRate && this.#send({ type: "rate", interval_ms: rate })) this.#sentRate = rate;
  }

  /** Batch what one turn of the page adds and removes into one message. */
  #tell(way, news) {
    if (!news) return;
    if (this.#socket?.readyState !== WebSocket.OPEN) return this.#begin(way);
    const isFirst = !this.#news.add.length && !this.#news.remove.length;
    this.#news[way].push(news);
    if (isFirst) queueMicrotask(() => this.#flushNews());
  }

  /** What is wanted anew while there is no socket was never sent: a resume would leave its older values out. */
  #begin(way) {
    if (way === "add" && this.recovered !== null) this.cursor = new Cursor();
  }

  #flushNews() {
    const { add, remove } = this.#news;
    this.#news = { add: [], remove: [] };
    const message = { type: "watch" };
    if (add.length) message.add = together(add);
    if (remove.length) message.remove = together(remove);
    if (add.length || remove.length) this.#send(message);
  }

  #send(message) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }
}

/** Several wants as one. */
function together(wants) {
  const all = {};
  for (const want of wants) for (const [kind, names] of Object.entries(want)) (all[kind] ??= []).push(...names);
  return all;
}
