// <signal-list>: the regime of the symbol in focus, as it moves, apart from what models say, which the server makes anew
// when a bar is over.

import { clock, connection, store } from "../core/page.js";
import { age, moment } from "../core/format.js";
import { focused, onFocus } from "../core/focus.js";
import { LiveElement } from "../core/live-element.js";
import { mark, write } from "../core/render.js";
import { fetchPart, writeTimes } from "./page-parts.js";
import { isDue, reasonText, regimeTexts, signalState } from "./signal-text.js";

class SignalList extends LiveElement {
  #askedAt = 0;
  /** Whether the statements were asked for and did not come. */
  #isOwed = false;
  /** Whose regime the cells show: the page brings that of its own symbol. */
  #shown = null;
  #stopFocus = null;

  get #focus() {
    return this.dataset.focus;
  }

  get demand() {
    return { topics: ["links", "market"], insights: [this.#focus] };
  }

  get hears() {
    return ["insight", "market"];
  }

  connectedCallback() {
    super.connectedCallback();
    this.#askedAt = clock.now();
    this.#shown ??= this.#focus;
    this.#stopFocus = onFocus((symbol) => this.#refocus(symbol));
    if (focused()) this.#refocus(focused());
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#stopFocus?.();
  }

  #refocus(symbol) {
    if (!symbol || symbol === this.#focus) return;
    this.dataset.focus = symbol;
    this.start();
    this.#renew();
  }

  paint() {
    const now = clock.now();
    const bar = Number(this.dataset.bar) || null;
    writeTimes(this, (time, at) => write(time, moment(at, now)));
    for (const row of this.querySelectorAll("li[data-due]"))
      row.querySelector("[data-part=over]").hidden = now < Number(row.dataset.due);
    this.#paintRegime(now);
    const session = store.get("market")?.session;
    const { state, word } = signalState(connection.status, bar, now, session);
    mark(this, "data-state", state);
    this.show({ word: word === "old" ? `${age(now - bar)} old` : word });
    const asked = { bar, askedAt: this.#askedAt, isOwed: this.#isOwed, session };
    if (document.visibilityState === "visible" && isDue(now, asked)) this.#renew();
  }

  #paintRegime(now) {
    const insight = store.get("insight", this.#focus);
    this.show({ focus: this.#focus, reason: reasonText(insight) });
    if (!insight && this.#shown === this.#focus) return;
    this.#shown = this.#focus;
    this.show(regimeTexts(insight?.regime, (at) => moment(at, now)));
  }

  /** Have the statements made anew, for this symbol. */
  async #renew() {
    this.#askedAt = clock.now();
    this.#isOwed = true;
    const focus = this.#focus;
    const found = await fetchPart({ part: "signals", symbol: focus });
    const list = found?.find((element) => element.localName === "signal-list");
    if (!list || focus !== this.#focus) return;
    this.#isOwed = false;
    this.querySelector("[data-part=statements]").replaceWith(list.querySelector("[data-part=statements]"));
    mark(this, "data-bar", list.dataset.bar ?? null);
    const bar = this.querySelector("[data-part=bar]");
    bar.replaceWith(list.querySelector("[data-part=bar]"));
    this.paint();
  }
}

customElements.define("signal-list", SignalList);
