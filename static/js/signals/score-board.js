// <score-board>: the table is the page; up and down choose a model, and the pictures follow. The server makes all of it.

import { age, moment } from "../core/format.js";
import { clock, connection } from "../core/page.js";
import { LiveElement } from "../core/live-element.js";
import { mark, write } from "../core/render.js";
import { preference } from "../core/preferences.js";
import { fetchPart, fetchRan, writeTimes } from "./page-parts.js";

const ASK_MS = 30_000;
/** After so long without a round of it, the learner is said to be silent. */
const SILENT_MS = 60_000;
const FIELDS = "input, textarea, select, [contenteditable]";

class ScoreBoard extends LiveElement {
  #asked = 0;
  #askedAt = 0;
  #news = 0;
  #onKey = (event) => this.#press(event);
  #onFact = ({ detail }) => this.#receive(detail);

  get demand() {
    return { topics: this.hasAttribute("data-follows") ? ["links", "signals"] : ["links"] };
  }

  connectedCallback() {
    super.connectedCallback();
    this.#askedAt = clock.now();
    document.addEventListener("keydown", this.#onKey);
    connection.inbox.addEventListener("fact", this.#onFact);
    this.addEventListener("keydown", (event) => this.#walk(event));
    this.addEventListener("click", (event) => this.#click(event));
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    document.removeEventListener("keydown", this.#onKey);
    connection.inbox.removeEventListener("fact", this.#onFact);
  }

  get #rows() {
    return [...this.querySelectorAll("tr[data-place]")];
  }

  /** Something was scored since this page was made: it says so, and stays as it is. */
  #receive(fact) {
    if (fact.type === "signal") this.#news += 1;
  }

  paint() {
    const now = clock.now();
    const ran = Number(this.dataset.ran);
    writeTimes(this, (time, at) => time.closest("signal-list") || write(time, moment(at, now)));
    if (!ran) return;
    const news = this.#news ? `, ${this.#news} signals since: reload to see them` : "";
    const ago = age(now - ran);
    const isSilent = now - ran > SILENT_MS;
    mark(this.querySelector(".score-models"), "data-state", isSilent ? "stale" : "none");
    this.show({ word: `${isSilent ? `learner silent for ${ago}` : `learner ran ${ago} ago`}${news}` });
    if (document.visibilityState === "visible" && now - this.#askedAt > ASK_MS) this.#ask(now);
  }

  /** Ask when the learner ran last. */
  async #ask(now) {
    this.#askedAt = now;
    const ran = await fetchRan();
    if (ran) this.dataset.ran = ran;
  }

  // Choosing a model

  #walk(event) {
    const row = event.target.closest?.("tr[data-place]");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!row || !step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const rows = this.#rows;
    const next = rows[rows.indexOf(row) + step];
    next?.querySelector("a").focus();
    if (next) this.#choose(next.dataset.place);
  }

  #click(event) {
    const row = event.target.closest("tr[data-place]");
    if (row && !event.target.closest("a")) this.#choose(row.dataset.place);
  }

  async #choose(place) {
    this.#asked += 1;
    const asked = this.#asked;
    for (const row of this.#rows) mark(row, "aria-current", row.dataset.place === place ? "true" : null);
    history.replaceState(history.state, "", `?model=${place}`);
    const part = this.querySelector("[data-part=chosen]");
    part.setAttribute("aria-busy", "true");
    const found = await fetchPart({ part: "chosen", model: place });
    if (asked !== this.#asked) return;
    part.removeAttribute("aria-busy");
    write(this.querySelector("[data-part=said]"), found ? "" : "This model could not be read. Try again.");
    if (!found) return;
    const open = new Set([...part.querySelectorAll("details[open]")].map(({ dataset }) => dataset.part));
    part.replaceChildren(...found);
    for (const details of part.querySelectorAll("details")) details.open = open.has(details.dataset.part);
  }

  // Keys of the page

  #press(event) {
    const isChord = event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.defaultPrevented;
    const isElsewhere = event.target.matches?.(FIELDS) || document.querySelector("dialog[open]");
    const act = { c: "chain", x: "export" }[event.key];
    if (!act || isChord || isElsewhere || !preference("keys")) return;
    this.querySelector(`[data-act=${act}]`)?.click();
  }
}

customElements.define("score-board", ScoreBoard);
