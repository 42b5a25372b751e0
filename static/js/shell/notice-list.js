// <notice-list>: what happened to links, orders and the connection, and what programs propose, the newest on top, kept
// while the browser's tab is open; what happened before is asked for when it is looked at. A new one is shown for a
// moment, unless its kind is switched off.

import { clock, connection } from "../core/page.js";
import { moment } from "../core/format.js";
import { firingText } from "../alerts/firing-text.js";
import { kept, recalled } from "./notice-storage.js";
import { Sayings, tapeLine } from "../portfolio/tape-text.js";
import { announce, announceMine, confide } from "../core/announcements.js";
import { preference } from "../core/preferences.js";
import { fetched } from "../transports/http.js";

const KEY = "tapedeck.notices";
const MOST = 50;
const SHOWN_MS = 6_000;

const person = document.documentElement.dataset.mine;
/** Until which fact the list was cleared. */
const CLEARED = `${KEY}.cleared.${person}`;

class NoticeList extends HTMLElement {
  #notices = recalled(sessionStorage.getItem(KEY), person);
  #unseen = 0;
  #isWhole = false;
  #sayings = new Sayings(MOST);

  connectedCallback() {
    if (!this.#notices.length) sessionStorage.removeItem(KEY);
    connection.subscribe({ topics: ["alerts"] });
    connection.inbox.addEventListener("fact", ({ detail }) => this.#onFact(detail));
    document.addEventListener("notify", ({ detail }) => this.#take(detail, true));
    this.querySelector("[data-act=clear]").addEventListener("click", () => this.#clear());
    this.querySelector("[popover]").addEventListener("toggle", () => this.#turn());
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
    const shown = this.#notices.filter(({ kind }) => !preference("muted").includes(kind));
    this.querySelector("ol").replaceChildren(...shown.map((notice) => made("li", notice)));
    this.querySelector("[data-empty]").hidden = shown.length;
    this.querySelector(".count").textContent = this.#unseen || "";
    this.querySelector("[popovertarget]").ariaLabel = `Notifications${this.#unseen ? `, ${this.#unseen} new` : ""}`;
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

  async #turn() {
    await this.#look();
    // Who sees no firing asks nothing of their messages.
    if (this.querySelector("[data-fact]")) (await import("../alerts/alerts.js")).follow(this);
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
    const leave = () => (toast.matches(":hover") ? rest() : toast.remove());
    const rest = () => setTimeout(leave, SHOWN_MS);
    rest();
    toast.onclick = () => toast.remove();
  }
}

/** What a fact is told as; null where that is nothing new. What is about an account is the person's own (`isMine`). */
function noticeOf(fact, sayings) {
  const { type, at, fact: number } = fact;
  const notice = (kind, text, isMine = true) => ({ kind, text, at, fact: number, isMine });
  if (type === "notice" && fact.code === "order_drafted") return notice("proposals", fact.text);
  if (type === "notice") return notice("links", fact.text, "account" in fact);
  if (type === "alert") return notice("alerts", firingText(fact));
  const line = tapeLine(fact);
  return line && sayings.isNews(line) ? notice("orders", `${line.word}: ${line.text}`) : null;
}

/** Facts have numbers in the order they were told in. */
const newestFirst = (one, other) => (one.fact && other.fact ? other.fact - one.fact : other.at - one.at);

function made(tag, { kind, text, at, isMine, fact }) {
  const line = document.createElement(tag);
  if (kind === "alerts") line.dataset.fact = fact;
  const [title, time, told, inner] = ["b", "time", "span", "span"].map((name) => document.createElement(name));
  title.textContent = kind[0].toUpperCase() + kind.slice(1);
  time.textContent = moment(at, clock.now());
  told.append(inner);
  if (isMine) confide(told, text);
  else told.textContent = text;
  line.append(time, " ", title, " ", told);
  return line;
}

customElements.define("notice-list", NoticeList);
