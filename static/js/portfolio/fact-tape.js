// <fact-tape>: orders, fills and activities as they happen, the newest on top. It begins with the lines the page
// brought; while somebody reads further down, new ones wait behind a button, so that nothing jumps.

import { clock, connection } from "../core/page.js";
import { moment } from "../core/format.js";
import { Sayings, tapeLine } from "./tape-text.js";
import { announceMine, confide } from "../core/announcements.js";
import { mark, write } from "../core/render.js";
import { LiveElement } from "../core/live-element.js";

/** Lines that are kept, at most. */
const MOST = 200;
/** How far down somebody has to be to be reading there (px). */
const READING_PX = 24;

class FactTape extends LiveElement {
  #waiting = [];
  #newest = 0;
  #sayings = new Sayings(MOST);
  #onFact = ({ detail }) => this.#show(detail);

  get demand() {
    return { topics: ["orders", "links"] };
  }

  connectedCallback() {
    super.connectedCallback();
    for (const line of this.#lines().reverse()) this.#take(line);
    connection.inbox.addEventListener("fact", this.#onFact);
    this.querySelector("[data-act=news]").addEventListener("click", () => this.#bring());
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    connection.inbox.removeEventListener("fact", this.#onFact);
  }

  get #box() {
    return this.querySelector(".tape-box");
  }

  #lines() {
    return [...this.querySelectorAll(".tape > li")];
  }

  /** Know a line that the page brought. */
  #take(line) {
    this.#newest = Math.max(this.#newest, Number(line.dataset.fact));
    const [word, text] = [line.querySelector("b").textContent, line.querySelector(".told").textContent];
    this.#sayings.isNews({ word, text, ...line.dataset });
  }

  #show(fact) {
    const line = tapeLine(fact);
    if (!line || fact.fact <= this.#newest) return; // facts come in the order of their numbers, each once
    this.#newest = fact.fact;
    if (!this.#sayings.isNews(line)) return;
    this.#waiting = [...this.#waiting, this.#made(fact, line)].slice(-MOST);
    if (fact.type === "fill") this.#announce(line);
    if (this.#box.scrollTop < READING_PX) this.#bring();
    else this.#count();
  }

  #made({ fact, at }, { word, tone, text, late, order = "", filled = "" }) {
    const line = document.importNode(this.querySelector("template").content.firstElementChild, true);
    line.dataset.fact = fact;
    line.dataset.order = order;
    line.dataset.filled = filled;
    mark(line, "data-tone", tone);
    line.querySelector("time").dataset.at = at;
    write(line.querySelector("b"), word);
    confide(line.querySelector(".told"), text);
    write(line.querySelector(".late"), late);
    return line;
  }

  #announce({ word, text, late }) {
    announceMine([word, text, late].filter(Boolean).join(", "));
  }

  /** Put what waited on top. */
  #bring() {
    const list = this.querySelector(".tape");
    for (const line of this.#waiting) list.prepend(line);
    this.#waiting = [];
    for (const line of this.#lines().slice(MOST)) line.remove();
    this.querySelector("[data-empty]").hidden = true;
    this.#box.scrollTop = 0;
    this.#count();
    this.paint();
  }

  #count() {
    const button = this.querySelector("[data-act=news]");
    button.hidden = this.#waiting.length === 0;
    write(button, `${this.#waiting.length} new`);
  }

  /** The times are those of the person's own zone; what was of today has its day tomorrow. */
  paint() {
    const now = clock.now();
    for (const time of this.querySelectorAll(".tape time")) write(time, moment(Number(time.dataset.at), now));
  }
}

customElements.define("fact-tape", FactTape);
