// The one stream of a page: connects by the best carrier that gets through, takes frames, comes back, climbs again.

import { Leg } from "./leg.js";
import { delay } from "./lib/backoff.js";
import { NAMES } from "./lib/carriers.js";
import { Climb } from "./lib/climb.js";
import { afterClose, isSaid } from "./lib/closing.js";
import { HEALTHY_MS, Ladder } from "./lib/ladder.js";
import { Receiver } from "./lib/receiver.js";
import { covers, Wants } from "./lib/wants.js";
import { deskAnswers } from "./site.js";

const HIDDEN_RATE_MS = 1_000;
const MEMORY = "tapedeck.carrier";

/**
 * Events: "change" (its `status` changed), "frame" (`detail` was applied) and "fact" (`detail` was told, once).
 * `status.state` is connecting | open | resting | waiting | offline | closed: resting is paused with nothing open;
 * `lost` says that this page was connected before; its times are the server's, in ms.
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
    carrier: "websocket",
    blocked: [],
    fellAt: null,
    climbAt: null,
    climbedAt: null,
  };
  counts = { frames: 0, facts: 0, reconnects: 0, unknown: 0, problems: 0 };

  #store;
  #clock;
  #receiver = new Receiver();
  #wants = new Wants();
  #news = { add: [], remove: [] };
  #ladder = new Ladder();
  #climb = new Climb();
  #leg = null;
  #climber = null;
  #higher = [];
  #rate = 0;
  #tries = 0;
  #retry = 0;
  #hears = {
    message: (leg, message) => this.#hear(leg, message),
    ended: (leg, end) => this.#ended(leg, end),
  };

  constructor(store, clock) {
    super();
    this.#store = store;
    this.#clock = clock;
  }

  get cursor() {
    return this.#receiver.cursor;
  }

  /** When anything was heard last (ms, as performance.now() counts); null without a connection. */
  get heardAt() {
    return this.#leg?.heardAt ?? null;
  }

  /** Connect, and stay connected. `page` is what the server rendered this page from: {watch, frame}, or null. */
  start(page = null) {
    if (page) this.#begin(page);
    this.#news = { add: [], remove: [] };
    this.#ladder.recall(sessionStorage.getItem(MEMORY), Date.now());
    if (!this.#ladder.isTop) this.#climb.failed(performance.now());
    setInterval(() => this.#look(), 1_000);
    addEventListener("online", () => this.#hasten(true));
    addEventListener("offline", () => this.#labelOffline());
    addEventListener("pagehide", () => this.#leave());
    addEventListener("pageshow", (event) => event.persisted && this.#hasten(true));
    document.addEventListener("freeze", () => this.#leave());
    document.addEventListener("resume", () => this.#hasten(false));
    document.addEventListener("visibilitychange", () => this.#seen());
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
    this.#changePace();
  }

  /** Try now, if this connection is waiting for its next try, or has a better carrier to try. */
  retry() {
    if (this.status.state === "waiting" || this.status.state === "offline") this.#open();
    else this.#climb.hasten(performance.now());
  }

  /** Connect anew by the best carrier, whatever this connection is doing; it goes on where it stands. */
  reconnect() {
    this.#ladder = new Ladder();
    this.#climb.stop();
    this.#remember();
    this.counts.reconnects += 1;
    this.#open();
  }

  #set(changes) {
    const isMove = "state" in changes && changes.state !== this.status.state;
    this.status = { ...this.status, ...(isMove ? { since: this.#clock.now() } : {}), ...changes };
    this.dispatchEvent(new Event("change"));
  }

  /** Stand where the server rendered the page; what this page wants beyond that has to come whole. */
  #begin({ watch, frame }) {
    this.#clock.hear(frame.at, Date.now());
    this.#receiver.take(frame);
    this.#store.apply(frame.state, true);
    if (!covers(watch, this.#wants.all)) this.#receiver.askWhole();
  }

  #wanted() {
    const { epoch } = this.cursor;
    return { watch: this.#wants.all, cursor: epoch && String(this.cursor), interval: this.#pace };
  }

  #launch(name) {
    return new Leg(name, () => this.#wanted(), this.#hears);
  }

  // One carrier

  #open() {
    clearTimeout(this.#retry);
    this.#letGo();
    const { carrier, blocked } = this.#ladder;
    this.#set({ carrier, blocked, climbAt: this.#climbAt });
    if (this.#mayNotStream) return this.#set({ state: "resting", lost: false, retryAt: null });
    this.#leg = this.#launch(carrier);
    return this.#set({ state: "connecting", retryAt: null });
  }

  /** Begin the same carrier anew with other wants: a page that is connected does not look lost for that. */
  #renew() {
    if (this.status.state !== "open" && this.status.state !== "resting") return this.#leg && this.#open();
    this.#letGo();
    if (this.#mayNotStream) return this.#set({ state: "resting" });
    this.#leg = this.#launch(this.#ladder.carrier);
    return this.#set({ state: "open" });
  }

  /** What cannot pause is closed instead. */
  get #mayNotStream() {
    return this.#rate === null && !this.#ladder.isTop;
  }

  #letGo() {
    this.#leg?.close();
    this.#leg = null;
    this.#stopClimbing();
  }

  #hear(leg, message) {
    const at = message.at ?? message.timestamp;
    if (at) this.#clock.hear(at, Date.now());
    switch (message.type) {
      case "welcome":
        return leg === this.#leg && this.#welcome(message);
      case "frame":
        return this.#frame(leg, message);
      case "level":
        return this.#level(leg, message);
      case "feed":
        return leg === this.#leg && this.#set({ fedSince: message.since });
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

  #welcome({ recovered }) {
    const backAt = this.status.lost ? this.#clock.now() : this.status.backAt;
    this.#set({ state: "open", lost: false, backAt, recovered, text: "", act: "", fedSince: null });
  }

  #frame(leg, frame) {
    const { verdict, facts } = this.#receiver.take(frame);
    if (verdict === "gap") return this.#gap(leg);
    if (leg === this.#climber) this.#switch();
    if (this.status.fedSince != null) this.#set({ fedSince: null });
    if (verdict === "apply") {
      this.counts.frames += 1;
      this.#store.apply(frame.state ?? [], frame.snapshot);
      this.dispatchEvent(new CustomEvent("frame", { detail: frame }));
    }
    for (const fact of facts) {
      this.counts.facts += 1;
      this.dispatchEvent(new CustomEvent("fact", { detail: fact }));
    }
    return undefined;
  }

  #level(leg, { cursor, isFed }) {
    this.#receiver.level(cursor);
    if (leg === this.#climber) this.#switch();
    if (isFed && this.status.fedSince != null) this.#set({ fedSince: null });
  }

  /** Something is missing between this page and the frame: ask again from here, at once, but not again and again. */
  #gap(leg) {
    leg.close();
    if (leg === this.#climber) return this.#climbFailed();
    return this.#lost(leg, { text: "", pause: this.#tries === 0 ? 0 : undefined });
  }

  #look() {
    this.#clock.look(performance.now(), Date.now());
    for (const leg of [this.#leg, this.#climber]) {
      if (leg?.look()) {
        leg.close();
        this.#ended(leg, { code: null, least: 0 });
      }
    }
    const stood = this.#leg?.stood ?? 0;
    this.#ladder.stands(stood);
    if (stood >= HEALTHY_MS) this.#tries = 0;
    if (stood >= HEALTHY_MS && this.#ladder.isTop) this.#climb.forget();
    if (this.#climb.isDue(performance.now())) this.#tryHigher();
  }

  // The end of a carrier

  #ended(leg, { code, least }) {
    const { act, text, least: atLeast } = afterClose(code);
    if (act === "sign-in" || (act !== "retry" && leg === this.#leg)) this.#end(act, text);
    else if (leg === this.#climber) this.#climbFailed();
    else if (isSaid(code)) this.#lost(leg, { text, least: Math.max(least, atLeast) });
    else this.#broke(leg);
  }

  /** It ended without a word: does the desk answer otherwise, and is it the carrier then that does not get through? */
  async #broke(leg) {
    const { stood } = leg;
    this.#wait(leg, "The desk stopped answering.");
    const answers = navigator.onLine && (await deskAnswers());
    const isOther = this.#ladder.failed(answers, stood);
    if (isOther) this.#fell();
    if (this.#leg || this.status.state === "closed" || this.status.state === "resting") return;
    const blocked = `${NAMES[leg.name].many} do not get through.`;
    this.#again({ text: answers ? blocked : "The desk cannot be reached.", pause: isOther ? 0 : undefined });
  }

  #lost(leg, when) {
    this.#wait(leg, when.text);
    this.#again(when);
  }

  #wait(leg, text) {
    this.#letGo();
    this.#tries = leg.stood >= HEALTHY_MS ? 1 : this.#tries + 1;
    this.counts.reconnects += 1;
    const lostAt = this.status.lost ? this.status.lostAt : this.#clock.now();
    this.#set({ state: "waiting", lost: true, lostAt, text, act: "retry", retryAt: null });
  }

  #again({ text, least = 0, pause = delay(this.#tries) }) {
    const wait = Math.max(least, pause);
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#open(), wait);
    this.#set({ text, retryAt: this.#clock.now() + wait });
    this.#labelOffline();
  }

  /** A desk on this very machine is reachable without a network: keep trying, only say it differently. */
  #labelOffline() {
    if (!navigator.onLine && this.status.state === "waiting") this.#set({ state: "offline" });
  }

  #end(act, text) {
    clearTimeout(this.#retry);
    this.#letGo();
    this.#climb.stop();
    this.#set({ state: "closed", lost: true, text, act, climbAt: null });
  }

  /** A page that is put away or frozen hears nothing, and could acknowledge nothing. */
  #leave() {
    clearTimeout(this.#retry);
    this.#letGo();
    if (this.status.state === "closed" || this.status.state === "resting") return;
    const lostAt = this.status.lost ? this.status.lostAt : this.#clock.now();
    this.#set({ state: "waiting", lost: true, lostAt, text: "This page was away.", act: "retry", retryAt: null });
  }

  // Down and up the ladder

  #fell() {
    const now = performance.now();
    this.#tries = 0;
    if (this.#ladder.isTop) this.#climb.stop();
    else this.#climb.failed(now);
    this.#remember();
    this.#set(this.#stand("fellAt"));
  }

  /** Where on the ladder this page stands, and since when it does. */
  #stand(moved) {
    const { carrier, blocked } = this.#ladder;
    return { carrier, blocked, climbAt: this.#climbAt, fellAt: null, climbedAt: null, [moved]: this.#clock.now() };
  }

  #remember() {
    const memory = this.#ladder.memory(Date.now());
    if (memory) sessionStorage.setItem(MEMORY, memory);
    else sessionStorage.removeItem(MEMORY);
  }

  /** When better carriers are tried next, in the server's time. */
  get #climbAt() {
    const { at } = this.#climb;
    return Number.isFinite(at) && at !== null ? this.#clock.now() + at - performance.now() : null;
  }

  /** Try the better carriers, best first, while this one goes on delivering. */
  #tryHigher() {
    if (this.status.state !== "open" || this.#climber) return;
    this.#climb.begin(performance.now());
    this.#higher = this.#ladder.blocked;
    this.#climbNext();
  }

  #climbNext() {
    this.#climber = this.#launch(this.#higher.shift());
    this.#set({ climbAt: null });
  }

  #climbFailed() {
    this.#climber = null;
    if (this.#higher.length) return this.#climbNext();
    this.#climb.failed(performance.now());
    return this.#set({ climbAt: this.#climbAt });
  }

  #stopClimbing() {
    if (!this.#climber) return;
    this.#climber.close();
    this.#higher = [];
    this.#climbFailed();
  }

  /** The better carrier delivers: whatever the other one sends from now on is on its way here too. */
  #switch() {
    const [leg, old] = [this.#climber, this.#leg];
    this.#climber = null;
    this.#leg = leg;
    old.close();
    this.#ladder.climbed(leg.name);
    this.#remember();
    if (this.#ladder.isTop) this.#climb.stop();
    else this.#climb.failed(performance.now());
    this.#set({ ...this.#stand(this.#ladder.isTop ? "climbedAt" : "fellAt"), state: "open", fedSince: null });
  }

  /** The page is here again, or the network is (`anew`: what failed before says nothing any more). */
  #hasten(anew) {
    this.#climb.hasten(performance.now(), anew);
    this.retry();
  }

  // What is wanted

  #seen() {
    if (!document.hidden) this.#hasten(false);
    this.#changePace();
  }

  get #pace() {
    return document.hidden && this.#rate !== null ? Math.max(HIDDEN_RATE_MS, this.#rate) : this.#rate;
  }

  #changePace() {
    if (this.status.state === "resting") return this.#mayNotStream || this.#renew();
    if (!this.#leg) return undefined;
    this.#climber?.carrier.pace(this.#pace);
    return this.#mayNotStream || !this.#leg.carrier.pace(this.#pace) ? this.#renew() : undefined;
  }

  /** Batch what one turn of the page adds and removes into one message. */
  #tell(way, news) {
    if (!news) return;
    const isFirst = !this.#news.add.length && !this.#news.remove.length;
    this.#news[way].push(news);
    if (isFirst) queueMicrotask(() => this.#flushNews());
  }

  #flushNews() {
    const { add, remove } = this.#news;
    this.#news = { add: [], remove: [] };
    if (!add.length && !remove.length) return;
    const hasAsked = this.#leg?.carrier.hasAsked ?? false;
    const news = { ...(add.length && { add: together(add) }), ...(remove.length && { remove: together(remove) }) };
    if (hasAsked && this.#leg.carrier.change(news)) return;
    // A resume would leave the older values of what is wanted anew out.
    if (add.length) this.#receiver.askWhole();
    if (hasAsked) this.#renew();
  }
}

/** Several wants as one. */
function together(wants) {
  const all = {};
  for (const want of wants) for (const [kind, names] of Object.entries(want)) (all[kind] ??= []).push(...names);
  return all;
}
