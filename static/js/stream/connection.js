// The one stream of a page: connects by the best carrier that gets through, takes frames, comes back, climbs again.

import { TransportUpgrade } from "./upgrade.js";
import { Inbox } from "./inbox.js";
import { TransportAttempt } from "./attempt.js";
import { delay } from "./backoff.js";
import { isWord, LastWord, SILENT_MS } from "./last-word.js";
import { NAMES } from "../transports/names.js";
import { afterClose, isSaid } from "../transports/close-codes.js";
import { HEALTHY_MS, TransportFallback } from "./fallback.js";
import { deskAnswers } from "../transports/http.js";
import { Subscriptions } from "./subscriptions.js";

const HIDDEN_RATE_MS = 1_000;
const MEMORY = "tapedeck.carrier";

/**
 * Event "change": its `status` changed. What it receives goes through `inbox`, which tells of frames and facts.
 * `status.state` is connecting | open | resting | waiting | offline | closed: resting is paused with nothing open;
 * `lost` says that this page was connected before; `silentSince` that it still is, and hears nothing. Its times are the
 * server's, in ms.
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
    silentSince: null,
    wasSilent: false,
    pausedAt: null,
    carrier: "websocket",
    blocked: [],
    fellAt: null,
    climbAt: null,
    climbedAt: null,
  };
  reconnects = 0;
  inbox;

  #clock;
  #subscriptions = new Subscriptions((news) => this.#rewatch(news));
  #fallback = new TransportFallback();
  #leg = null;
  #hasGrown = false;
  #upgrade = new TransportUpgrade(
    (name) => this.#launch(name),
    () => this.#set({ climbAt: this.#climbAt }),
  );
  #rate = 0;
  #tries = 0;
  #retry = 0;
  #lastWord = new LastWord();
  #listening = 0;
  #hears = {
    message: (leg, message) => this.#onMessage(leg, message),
    ended: (leg, end) => this.#ended(leg, end),
  };

  constructor(store, clock) {
    super();
    this.inbox = new Inbox(store, clock);
    this.#clock = clock;
  }

  /** When anything was heard last (ms, as performance.now() counts); null without a connection. */
  get heardAt() {
    return this.#leg?.heardAt ?? null;
  }

  /** Connect, and stay connected. `page` is what the server rendered this page from: {watch, frame}, or null. */
  start(page = null) {
    if (page) this.inbox.start(page, this.#subscriptions.all);
    this.#subscriptions.start();
    this.#fallback.recall(sessionStorage.getItem(MEMORY), Date.now());
    if (!this.#fallback.isTop) this.#upgrade.request();
    setInterval(() => this.#check(), 1_000);
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
  subscribe(demand) {
    return this.#subscriptions.subscribe(demand);
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
    else this.#upgrade.hasten();
  }

  /** Connect anew by the best carrier, whatever this connection is doing; it goes on where it stands. */
  reconnect() {
    this.#fallback = new TransportFallback();
    this.#upgrade.rest(true);
    this.#remember();
    this.reconnects += 1;
    this.#open();
  }

  #set(changes) {
    const isMove = "state" in changes && changes.state !== this.status.state;
    this.status = { ...this.status, ...(isMove ? { since: this.#clock.now() } : {}), ...changes };
    this.dispatchEvent(new Event("change"));
  }

  #demand() {
    const { cursor } = this.inbox;
    return { watch: this.#subscriptions.all, cursor: cursor.isKnown && String(cursor), interval: this.#pace };
  }

  #launch(name) {
    return new TransportAttempt(name, () => this.#demand(), this.#hears);
  }

  // One carrier

  #open() {
    clearTimeout(this.#retry);
    this.#letGo();
    const { carrier, blocked } = this.#fallback;
    this.#set({ carrier, blocked, climbAt: this.#climbAt });
    if (this.#mayNotStream) return this.#set({ state: "resting", lost: false, retryAt: null });
    this.#leg = this.#launch(this.#carrier);
    return this.#set({ state: "connecting", retryAt: null });
  }

  /** Begin the same carrier anew with other wants: a page that is connected does not look lost for that. */
  #renew() {
    if (this.status.state !== "open" && this.status.state !== "resting") return this.#leg && this.#open();
    this.#letGo();
    if (this.#mayNotStream) return this.#set({ state: "resting" });
    this.#leg = this.#launch(this.#carrier);
    return this.#set({ state: "open" });
  }

  /**
   * What carries the stream now. A hidden page holds no answer open: browsers keep six connections to a site, for all of
   * its tabs together, and the seventh page would not even load.
   */
  get #carrier() {
    const { carrier } = this.#fallback;
    return carrier === "sse" && document.hidden ? "poll" : carrier;
  }

  /** What cannot pause is closed instead. */
  get #mayNotStream() {
    return this.#rate === null && !this.#fallback.isTop;
  }

  #letGo() {
    // Whether the answer to what was wanted beside the greeting came before the end, nobody can tell.
    if (this.#hasGrown) this.inbox.askWhole();
    this.#hasGrown = false;
    this.#leg?.close();
    this.#leg = null;
    this.#upgrade.drop();
  }

  #onMessage(leg, message) {
    this.inbox.onMessage(message);
    if (isWord(message)) this.#heardWord();
    if (message.type === "frame" || message.type === "level") this.#apply(leg, message);
    else if (leg === this.#leg && message.type === "welcome") this.#welcome(message);
    else if (leg === this.#leg && message.type === "feed") this.#set({ fedSince: message.since });
  }

  #welcome({ recovered }) {
    const backAt = this.status.lost ? this.#clock.now() : this.status.backAt;
    this.#set({ state: "open", lost: false, backAt, wasSilent: false, recovered, text: "", act: "", fedSince: null });
  }

  // Silence

  #heardWord() {
    this.#lastWord.onReceived(performance.now(), Date.now(), this.#clock.now());
    const { silentSince } = this.status;
    if (silentSince !== null)
      this.#set({ silentSince: null, wasSilent: true, lostAt: silentSince, backAt: this.#clock.now(), recovered: true });
    this.#listen();
  }

  /** Notice the moment from which this page only repeats what it heard, whatever it is that froze. */
  #listen() {
    if (document.hidden || this.status.state !== "open" || this.status.silentSince !== null) return;
    const left = SILENT_MS - this.#lastWord.silence(performance.now(), Date.now());
    if (left <= 0) this.#set({ silentSince: this.#lastWord.at });
    else this.#listening ||= setTimeout(() => this.#listenAgain(), left);
  }

  #listenAgain() {
    this.#listening = 0;
    this.#listen();
  }

  /** When this page was last told the truth; what it says it missed begins there. */
  get #heardUntil() {
    return this.status.lost ? this.status.lostAt : (this.#lastWord.at ?? this.#clock.now());
  }

  #apply(leg, message) {
    if (!this.inbox.apply(message)) return this.#gap(leg);
    if (leg === this.#upgrade.leg) this.#switch();
    const isFed = message.isFed ?? true;
    if (isFed && this.status.fedSince != null) this.#set({ fedSince: null });
    return undefined;
  }

  /** Something is missing between this page and the frame: ask again from here, at once, but not again and again. */
  #gap(leg) {
    leg.close();
    if (leg === this.#upgrade.leg) return this.#upgrade.failed();
    return this.#lost(leg, { text: "", pause: this.#tries === 0 ? 0 : undefined });
  }

  #check() {
    this.#clock.check(performance.now(), Date.now());
    this.#listen();
    for (const leg of [this.#leg, this.#upgrade.leg]) {
      if (!leg || leg.carrier.isOver) continue;
      const found = leg.check();
      if (found === "slept") return this.#renew();
      if (found === "dead") this.#gaveUp(leg);
    }
    const stood = this.#leg?.stood ?? 0;
    this.#fallback.stands(stood);
    if (stood >= HEALTHY_MS) this.#tries = 0;
    if (stood >= HEALTHY_MS && this.#fallback.isTop) this.#upgrade.rest(true);
    if (this.status.state === "open") this.#upgrade.check(this.#fallback.blocked);
    return undefined;
  }

  #gaveUp(leg) {
    leg.close();
    this.#ended(leg, { code: null, least: 0 });
  }

  // The end of a carrier

  #ended(leg, { code, least }) {
    const { act, text, least: atLeast } = afterClose(code);
    if (act === "sign-in" || (act !== "retry" && leg === this.#leg)) this.#close(act, text);
    else if (leg === this.#upgrade.leg) this.#upgrade.failed();
    else if (isSaid(code)) this.#lost(leg, { text, least: Math.max(least, atLeast) });
    else this.#broke(leg);
  }

  /** It ended without a word: does the desk answer otherwise, and is it the carrier then that does not get through? */
  async #broke(leg) {
    const { stood } = leg;
    this.#wait(leg, "The desk stopped answering.");
    const answers = navigator.onLine && (await deskAnswers());
    const isOther = this.#fallback.failed(answers, stood);
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
    this.reconnects += 1;
    const lostAt = this.#heardUntil;
    this.#set({ state: "waiting", lost: true, lostAt, silentSince: null, text, act: "retry", retryAt: null });
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

  #close(act, text) {
    clearTimeout(this.#retry);
    this.#letGo();
    this.#upgrade.rest(false);
    this.#set({ state: "closed", lost: true, silentSince: null, text, act, climbAt: null });
  }

  /** A page that is put away or frozen hears nothing, and could acknowledge nothing. */
  #leave() {
    clearTimeout(this.#retry);
    this.#letGo();
    if (this.status.state === "closed" || this.status.state === "resting") return;
    const lostAt = this.#heardUntil;
    const text = "This page was away.";
    this.#set({ state: "waiting", lost: true, lostAt, silentSince: null, text, act: "retry", retryAt: null });
  }

  // Down and up the ladder

  #fell() {
    this.#tries = 0;
    this.#moved("fellAt");
  }

  /** The better carrier delivers: whatever the other one sends from now on is on its way here too. */
  #switch() {
    this.#leg.close();
    this.#leg = this.#upgrade.detach();
    this.#fallback.climbed(this.#leg.name);
    this.#set({ state: "open", fedSince: null });
    this.#moved(this.#fallback.isTop ? "climbedAt" : "fellAt");
  }

  /** Say where on the ladder this page stands now. */
  #moved(when) {
    const { carrier, blocked, isTop } = this.#fallback;
    if (isTop) this.#upgrade.rest(false);
    else this.#upgrade.request();
    this.#remember();
    const climbAt = this.#climbAt;
    this.#set({ carrier, blocked, climbAt, fellAt: null, climbedAt: null, [when]: this.#clock.now() });
  }

  #remember() {
    const memory = this.#fallback.memory(Date.now());
    if (memory) sessionStorage.setItem(MEMORY, memory);
    else sessionStorage.removeItem(MEMORY);
  }

  /** When better carriers are tried next, in the server's time. */
  get #climbAt() {
    const { wait } = this.#upgrade;
    return wait === null ? null : this.#clock.now() + wait;
  }

  /** The page is here again, or the network is (`anew`: what failed before says nothing any more). */
  #hasten(anew) {
    this.#upgrade.hasten(anew);
    this.retry();
  }

  // What is wanted

  #seen() {
    if (!document.hidden) this.#hasten(false);
    this.#listen();
    this.#changePace();
  }

  get #pace() {
    return document.hidden && this.#rate !== null ? Math.max(HIDDEN_RATE_MS, this.#rate) : this.#rate;
  }

  #changePace() {
    if (this.status.state === "resting") return this.#mayNotStream || this.#renew();
    if (!this.#leg) return undefined;
    this.#upgrade.leg?.carrier.pace(this.#pace);
    const goesOn = !this.#mayNotStream && this.#leg.name === this.#carrier && this.#leg.carrier.pace(this.#pace);
    return goesOn ? undefined : this.#renew();
  }

  #rewatch(news) {
    this.inbox.rewatch(news);
    const hasAsked = this.#leg?.carrier.hasAsked ?? false;
    if (hasAsked && this.#leg.carrier.change(news)) {
      this.#hasGrown ||= Boolean(news.add);
      return;
    }
    // A resume would leave the older values of what is wanted anew out.
    if (news.add) this.inbox.askWhole();
    if (hasAsked) this.#renew();
  }
}
