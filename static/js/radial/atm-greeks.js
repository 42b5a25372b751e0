// <atm-greeks symbol="QQQ">: the call and the put at the money of the expiration in about a month, with their Greeks;
// of the symbol that the page is about.

import { Leg } from "../chain/row.js";
import { circumstances, connection, renderer, store } from "../core/page.js";
import { day, strike } from "../core/format.js";
import { quoteVerdict, together } from "../core/freshness.js";
import { onFocus } from "../core/focus.js";
import { atTheMoney, spot, usual } from "../options/strikes.js";
import { write } from "../core/render.js";
import { fetched } from "../transports/http.js";
import { SymbolElement } from "../core/symbol-element.js";

class AtmGreeks extends SymbolElement {
  #strikes = [];
  #at = -1;
  #legs = [];
  #stopWatching = () => {};
  #asked = 0;
  #stopFollowing = () => {};

  connectedCallback() {
    super.connectedCallback();
    this.#stopFollowing = onFocus((symbol) => this.#follow(symbol));
    this.#load();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#stopFollowing();
    this.#asked += 1;
    this.#clear();
  }

  paint() {
    const around = circumstances();
    this.#stand(spot(store.get("quote", this.symbol)));
    if (this.#legs.length === 0) return;
    for (const leg of this.#legs) {
      leg.paint(around.now);
      leg.paintAge(around.now);
    }
    this.judge(together(this.#legs.map((leg) => quoteVerdict(store.get("quote", leg.symbol), around))));
  }

  #follow(symbol) {
    if (symbol === this.symbol) return;
    this.setAttribute("symbol", symbol);
    this.querySelector("[data-chain]").href = `/market/chain/${symbol}/`;
    this.#clear();
    for (const cell of this.querySelectorAll("tbody td")) write(cell, "–");
    this.show({ symbol, strike: "–", day: "–", dte: "–" });
    this.judge({ state: "none", word: "", note: "" });
    this.start();
    this.#load();
  }

  #clear() {
    this.#strikes = [];
    this.#at = -1;
    this.#watch({});
  }

  /** Ask which expirations and strikes there are. */
  async #load() {
    const number = ++this.#asked;
    this.show({ said: "" });
    const days = await this.#ask("expirations", {});
    if (!days || number !== this.#asked) return;
    const chosen = usual(days.expirations);
    const found = chosen && (await this.#ask("strikes", { expiration: chosen.date, root: chosen.root }));
    if (!found || number !== this.#asked) return;
    this.#strikes = found.strikes;
    this.show({ day: day(chosen.date), dte: `${chosen.dte} d` });
    renderer.mark(this);
  }

  /** The answer to a question about the symbol; says why where there is none. */
  async #ask(what, query) {
    const { symbol } = this;
    const address = new URL(`/api/options/${what}/${encodeURIComponent(symbol)}`, location.href);
    address.search = new URLSearchParams(query);
    const answer = await fetched(address.href);
    if (answer?.status === 200) return answer.body;
    if (symbol === this.symbol) this.show({ said: answer?.body?.detail ?? "The desk does not answer." });
    return null;
  }

  #stand(price) {
    if (this.#strikes.length === 0 || (price === null && this.#at < 0)) return;
    const at = atTheMoney(this.#strikes, price, this.#at);
    if (at === this.#at) return;
    this.#at = at;
    this.show({ strike: strike(this.#strikes[at].strike) });
    this.#watch(this.#strikes[at]);
  }

  #watch({ call, put }) {
    for (const leg of this.#legs) leg.stop();
    this.#legs = [this.#leg(call, "call", 1), this.#leg(put, "put", 2)].filter(Boolean);
    const symbols = this.#legs.map(({ symbol }) => symbol);
    const stop = connection.subscribe({ quotes: symbols, greeks: symbols });
    this.#stopWatching();
    this.#stopWatching = stop;
    for (const leg of this.#legs) leg.listen(() => renderer.mark(this));
  }

  #leg(symbol, side, column) {
    if (!symbol) return null;
    const rows = [...this.querySelectorAll("[data-column]")];
    const cells = Object.fromEntries(rows.map((row) => [row.dataset.column, row.cells[column]]));
    return new Leg(symbol, side, cells, this.querySelector("table"));
  }
}

customElements.define("atm-greeks", AtmGreeks);
