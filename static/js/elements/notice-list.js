// <notice-list>: what happened to links, orders and the connection, the newest on top, kept while the browser's tab is
// open. A new one is shown for a moment, unless its kind is switched off.

import { connection } from "../desk.js";
import { clock } from "../format.js";
import { kept, recalled } from "../lib/kept-notices.js";
import { told } from "../lib/telling.js";
import { announce, announceMine, confide } from "../notices.js";
import { preference } from "../preferences.js";

const KEY = "tapedeck.notices";
const MOST = 50;
const SHOWN_MS = 6_000;
const TITLES = { connection: "Connection", links: "Links", orders: "Orders", alerts: "Alerts" };

const person = document.documentElement.dataset.mine;

class NoticeList extends HTMLElement {
  #notices = recalled(sessionStorage.getItem(KEY), person);
  #unseen = 0;

  connectedCallback() {
    if (!this.#notices.length) sessionStorage.removeItem(KEY);
    connection.intake.addEventListener("fact", ({ detail }) => this.#hear(detail));
    document.addEventListener("notify", ({ detail }) => this.#take(detail, true));
    this.querySelector("[data-act=clear]").addEventListener("click", () => this.#clear());
    this.querySelector("[popover]").addEventListener("toggle", () => this.#seen());
    document.addEventListener("preference", ({ detail }) => this.#heed(detail));
    this.#list();
  }

  /** What was said before money was hidden is not said any more. */
  #heed(name) {
    this.#list();
    if (name === "private") announce(preference(name) ? "Money is hidden." : "Money is shown.");
  }

  #hear(fact) {
    if (fact.type === "notice") return this.#take({ kind: "links", text: fact.text, at: fact.at, fact: fact.fact }, true);
    const line = told(fact);
    // Whoever listens hears of fills from the tape, where there is one.
    const text = line && `${line.word}: ${line.text}`;
    return text && this.#take({ kind: "orders", text, at: fact.at, fact: fact.fact }, !document.querySelector("fact-tape"));
  }

  #take(notice, isSpoken) {
    if (notice.fact && this.#notices.some(({ fact }) => fact === notice.fact)) return;
    this.#notices = [notice, ...this.#notices].slice(0, MOST);
    sessionStorage.setItem(KEY, kept(this.#notices, person));
    if (preference("muted").includes(notice.kind)) return;
    this.#unseen += 1;
    this.#list();
    this.#toast(notice);
    if (isSpoken) (notice.kind === "orders" ? announceMine : announce)(notice.text);
  }

  #list() {
    const muted = preference("muted");
    const shown = this.#notices.filter(({ kind }) => !muted.includes(kind));
    this.querySelector("ol").replaceChildren(...shown.map((notice) => made("li", notice)));
    this.querySelector("[data-empty]").hidden = shown.length > 0;
    const count = this.querySelector(".count");
    count.textContent = this.#unseen ? String(this.#unseen) : "";
    const button = this.querySelector("[popovertarget]");
    button.setAttribute("aria-label", this.#unseen ? `Notifications, ${this.#unseen} new` : "Notifications");
  }

  #seen() {
    this.#unseen = 0;
    this.#list();
  }

  #clear() {
    this.#notices = [];
    sessionStorage.removeItem(KEY);
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

function made(tag, { kind, text, at }) {
  const line = document.createElement(tag);
  const [title, time] = [document.createElement("b"), document.createElement("time")];
  title.textContent = TITLES[kind];
  time.textContent = clock(at);
  const told = document.createElement("span");
  told.append(document.createElement("span"));
  if (kind === "orders") confide(told, text);
  else told.textContent = text;
  line.append(time, " ", title, " ", told);
  return line;
}

customElements.define("notice-list", NoticeList);
