// <notice-list>: what happened to links, orders and the connection, the newest on top, kept while the browser's tab is
// open; what happened before is asked for when it is looked at. A new one is shown for a moment, unless its kind is
// switched off.

import { clock, connection } from "../core/page.js";
import { moment } from "../core/format.js";
import { firingText } from "../alerts/firing-text.js";
import { outcomes } from "../alerts/outcomes.js";
import { kept, recalled } from "./notice-storage.js";
import { Sayings, tapeLine } from "../portfolio/tape-text.js";
import { announce, announceMine, confide } from "../core/announcements.js";
import { preference } from "../core/preferences.js";
import { fetched } from "../transports/http.js";

const KEY = "tapedeck.notices";
const MOST = 50;
const SHOWN_MS = 6_000;
/** How often it is asked what became of messages that wait, while somebody looks. */
const AGAIN_MS = 5_000;
const TITLES = { connection: "Connection", links: "Links", orders: "Orders", alerts: "Alerts" };

const person = document.documentElement.dataset.mine;
/** Until which fact the list was cleared. */
const CLEARED = `${KEY}.cleared.${person}`;

class NoticeList extends HTMLElement {
  #notices = recalled(sessionStorage.getItem(KEY), person);
  #unseen = 0;
  #isWhole = false;
  #sayings = new Sayings(MOST);
  #outcomes = new Map();
  #again = 0;

  connectedCallback() {
    if (!this.#notices.length) sessionStorage.removeItem(KEY);
    connection.subscribe({ topics: ["alerts"] });
    connection.inbox.addEventListener("fact", ({ detail }) => this.#onFact(detail));
    document.addEventListener("notify", ({ detail }) => this.#take(detail, true));
    this.querySelector("[data-act=clear]").addEventListener("click", () => this.#clear());
    this.querySelector("[popover]").addEventListener("toggle", ({ newState }) => this.#turn(newState === "open"));
    document.addEventListener("preference", ({ detail }) => this.#heed(detail));
    this.#list();
  }

  /** What was said before money was hidden is not said any more. */
  #heed(name) {
    this.#list();
    if (name === "private") announce(preference(name) ? "Money is hidden." : "Money is shown.");
  }

  #onFact(fact) {
    const notice = noticeOf(fact, this.#sayings);
    // Whoever listens hears of fills from the tape, where there is one.
    if (notice) this.#take(notice, notice.kind !== "orders" || !document.querySelector("fact-tape"));
  }

  #isKnown({ fact }) {
    return fact && this.#notices.some((notice) => notice.fact === fact);
  }

  #keep(notices) {
    this.#notices = notices.slice(0, MOST);
    sessionStorage.setItem(KEY, kept(this.#notices, person));
  }

  #take(notice, isSpoken) {
    if (this.#isKnown(notice)) return;
    this.#keep([notice, ...this.#notices]);
    if (preference("muted").includes(notice.kind)) return;
    this.#unseen += 1;
    this.#list();
    this.#toast(notice);
    if (isSpoken) (notice.isMine ? announceMine : announce)(notice.text);
  }

  #list() {
    const muted = preference("muted");
    const shown = this.#notices.filter(({ kind }) => !muted.includes(kind));
    this.querySelector("ol").replaceChildren(...shown.map((notice) => this.#line(notice)));
    this.querySelector("[data-empty]").hidden = shown.length > 0;
    const count = this.querySelector(".count");
    count.textContent = this.#unseen ? String(this.#unseen) : "";
    const button = this.querySelector("[popovertarget]");
    button.setAttribute("aria-label", this.#unseen ? `Notifications, ${this.#unseen} new` : "Notifications");
  }

  #line(notice) {
    const line = made("li", notice);
    if (notice.kind !== "alerts") return line;
    const told = document.createElement("small");
    const here = notice.here ? `here ${moment(notice.here, clock.now())}` : "here";
    told.textContent = [here, this.#outcomes.get(notice.fact)].filter(Boolean).join(" · ");
    line.append(told);
    return line;
  }

  async #turn(isOpen) {
    clearTimeout(this.#again);
    if (!isOpen) return this.#seen();
    await this.#look();
    return this.#follow();
  }

  /** Ask what became of the messages of what is shown, again while some of them wait. */
  async #follow() {
    const facts = this.#notices.filter(({ kind, fact }) => kind === "alerts" && fact).map(({ fact }) => fact);
    if (!facts.length) return;
    const found = await outcomes("fact", clock.now(), facts);
    if (found) {
      this.#outcomes = found.texts;
      this.#list();
    }
    if (found?.isWaiting && this.querySelector("[popover]").matches(":popover-open"))
      this.#again = setTimeout(() => this.#follow(), AGAIN_MS);
  }

  async #look() {
    this.#seen();
    if (this.#isWhole) return;
    const { facts } = (await fetched("/status/facts"))?.body ?? {};
    if (!facts || this.#isWhole) return;
    this.#isWhole = true;
    const cleared = Number(sessionStorage.getItem(CLEARED));
    const sayings = new Sayings(MOST);
    const before = facts.map((fact) => noticeOf(fact, sayings));
    const news = before.filter((notice) => notice?.fact > cleared && !this.#isKnown(notice));
    this.#keep([...this.#notices, ...news].sort(newestFirst));
    this.#list();
  }

  #seen() {
    this.#unseen = 0;
    this.#list();
  }

  #clear() {
    sessionStorage.setItem(CLEARED, Math.max(0, ...this.#notices.map(({ fact }) => fact ?? 0)));
    this.#keep([]);
    this.#seen();
  }

  /** For who sees the page: those who listen to it were told already. It stays while the pointer is on it. */
  #toast(notice) {
    const toast = made("p", notice);
    const box = document.getElementById("toasts");
    while (box.children.length > 2) box.firstElementChild.remove();
    box.append(toast);
    const leave = () => (toast.matches(":hover") ? setTimeout(leave, SHOWN_MS) : toast.remove());
    setTimeout(leave, SHOWN_MS);
    toast.addEventListener("click", () => toast.remove());
  }
}

/** What a fact is told as; null where that is nothing new. What is about an account is the person's own (`isMine`). */
function noticeOf(fact, sayings) {
  const { type, at, fact: number } = fact;
  if (type === "notice") return { kind: "links", text: fact.text, at, fact: number, isMine: "account" in fact };
  if (type === "alert") return { kind: "alerts", text: firingText(fact), at, fact: number, here: fact.recorded ?? fact.seen_at, isMine: true };
  const line = tapeLine(fact);
  if (!line || !sayings.isNews(line)) return null;
  return { kind: "orders", text: `${line.word}: ${line.text}`, at, fact: number, isMine: true };
}

/** Facts have numbers in the order they were told in. */
const newestFirst = (one, other) => (one.fact && other.fact ? other.fact - one.fact : other.at - one.at);

function made(tag, { kind, text, at, isMine }) {
  const line = document.createElement(tag);
  const [title, time] = [document.createElement("b"), document.createElement("time")];
  title.textContent = TITLES[kind];
  time.textContent = moment(at, clock.now());
  const told = document.createElement("span");
  told.append(document.createElement("span"));
  if (isMine) confide(told, text);
  else told.textContent = text;
  line.append(time, " ", title, " ", told);
  return line;
}

customElements.define("notice-list", NoticeList);
