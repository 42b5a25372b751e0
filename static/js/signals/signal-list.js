// <signal-list>: the regime of the symbol in focus, as it moves, apart from what models say, which the server makes anew
// when a bar is over.

import { clock, connection, store } from "../core/page.js";
import { age, moment } from "../core/format.js";
import { focused, onFocus } from "../core/focus.js";
import { LiveElement } from "../core/live-element.js";
import { mark, write } from "../core/render.js";
import { fetchPart, writeTimes } from "./page-parts.js";
import { signalState, nextAsked, reasonText, regimeNote, sinceText } from "./signal-text.js";

const REGIME = ["volatility", "trend", "liquidity"];

class SignalList extends LiveElement {
  #askedAt = 0;
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
    const { state, word } = signalState(connection.status, bar, now, store.get("market")?.session);
    mark(this, "data-state", state);
    this.show({ word: word === "old" ? `${age(now - bar)} old` : word });
    const isOpen = store.get("market")?.session === "open" && document.visibilityState === "visible";
    if (isOpen && now > nextAsked(bar, this.#askedAt)) this.#renew();
  }

  #paintRegime(now) {
    const insight = store.get("insight", this.#focus);
    this.show({ focus: this.#focus, reason: reasonText(insight) });
    if (!insight?.regime) return;
    const notes = REGIME.map((name) => [`${name}_note`, regimeNote(name, insight.regime)]);
    this.show({ ...insight.regime, ...Object.fromEntries(notes), since: sinceText(insight.regime, (at) => moment(at, now)) });
  }

  /** Have the statements made anew, for this symbol. */
  async #renew() {
    this.#askedAt = clock.now();
    const focus = this.#focus;
    const found = await fetchPart({ part: "signals", symbol: focus });
    const list = found?.find((element) => element.localName === "signal-list");
    if (!list || focus !== this.#focus) return;
    this.querySelector("[data-part=statements]").replaceWith(list.querySelector("[data-part=statements]"));
    mark(this, "data-bar", list.dataset.bar ?? null);
    const bar = this.querySelector("[data-part=bar]");
    bar.replaceWith(list.querySelector("[data-part=bar]"));
    this.paint();
  }
}

customElements.define("signal-list", SignalList);
