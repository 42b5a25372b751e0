// <option-chain symbol="QQQ" date="2026-12-18" root="QQQ">: one expiration of a chain. Only the options that are on the
// screen are watched. What is listed comes by HTTP; what it is worth, by the page's stream. With `follows`, of the symbol
// that the page is about.

import { ChainColumns } from "./columns.js";
import { choices } from "./expirations.js";
import { ChainPicks } from "./clicks.js";
import { ChainRows } from "./rows.js";
import { ChainTerm } from "./term-structure.js";
import { circumstances, renderer, store } from "../core/page.js";
import { arrow, day, percent, price } from "../core/format.js";
import { feeders, markOf, quoteVerdict, together } from "../core/freshness.js";
import { sourcesOf } from "../options/greeks.js";
import { onFocus } from "../core/focus.js";
import { band, spot, usual } from "../options/strikes.js";
import { mark, write } from "../core/render.js";
import { fetched } from "../transports/http.js";
import "../payoff/option-payoff.js";
import { SymbolElement } from "../core/symbol-element.js";

const COLUMNS = "tapedeck.chain.columns";
const GREEK = ["iv", "delta", "theta", "gamma", "vega", "source"];
/** An expiration that is only passed on the way to another one is not asked for (ms). */
const PASSING_MS = 250;
/** Below this width (CSS pixels) prices and Greeks do not stand side by side. */
const NARROW = 500;

class OptionChain extends SymbolElement {
  #rows;
  #picks;
  #term;
  #own;
  #strikes = null;
  #asked = 0;
  #passing = 0;
  #paintedAt = 0;
  #spot = null;
  #stopFollowing = () => {};
  #width = new ResizeObserver(([{ contentRect }]) => this.#fit(contentRect.width));

  connectedCallback() {
    super.connectedCallback();
    const [table, template] = [this.querySelector("table"), this.querySelector(".chain-row")];
    this.#rows = new ChainRows(table, template, () => renderer.mark(this));
    this.#own = new ChainColumns(this.querySelector(".chooser"), table, template);
    this.addEventListener("change", (event) => this.#changed(event.target));
    this.addEventListener("submit", (event) => event.preventDefault());
    this.querySelector("[data-act=money]").addEventListener("click", () => this.#list());
    this.#width.observe(this);
    this.#term = new ChainTerm(this.querySelector(".days"));
    this.#term.start(this.symbol);
    this.#rows.adopt();
    this.#rows.center();
    this.#picks = new ChainPicks(table, (option, way) => this.#deal(option, way));
    this.#picks.start();
    this.#payoff.addEventListener("legs", () => this.#picks.show(this.#payoff.quantities));
    this.#payoff.recall();
    if (this.hasAttribute("follows")) this.#stopFollowing = onFocus((symbol) => this.#follow(symbol));
    if ("kept" in this.dataset || !this.querySelector(".days input")) this.#offer();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#stopFollowing();
    this.#width.disconnect();
    this.#term.stop();
    this.#rows.close();
  }

  paint() {
    const around = circumstances();
    const quote = store.get("quote", this.symbol);
    this.#showUnderlying(quote);
    const price = spot(quote);
    if (price !== this.#spot) this.#rows.stand(price);
    this.#spot = price;
    this.#rows.paint(around.now);
    if (performance.now() - this.#paintedAt < 900 && !this.#isStateNew(around, quote)) return;
    this.#paintedAt = performance.now();
    this.#paintAges(around, quote);
  }

  #isStateNew(around, quote) {
    return quoteVerdict(quote, around).state !== this.dataset.state;
  }

  #paintAges(around, quote) {
    const legs = this.#rows.legs;
    const verdicts = legs.map((leg) => leg.judge(around));
    const all = together([quoteVerdict(quote, around), ...verdicts]);
    this.judge(all);
    legs.forEach((leg, at) => leg.show(verdicts[at].state, all.state));
    for (const leg of legs) leg.paintAge(around.now);
    this.show({ by: feeders([quote, ...legs.map((leg) => store.get("quote", leg.symbol))], around.links) });
    this.show({ ivs: this.#term.ages(around.now) });
    this.show(sourcesOf(legs.map(({ greeks }) => greeks), this.#rows.near.map(({ greeks }) => greeks), around.now));
  }

  #showUnderlying(quote) {
    mark(this.querySelector(".panel-head h2"), "data-way", quote?.change > 0 ? "up" : quote?.change < 0 ? "down" : "");
    this.show({
      price: price(markOf(quote).value),
      move: `${arrow(quote?.change_percentage)} ${percent(quote?.change_percentage)}`,
    });
  }

  // The payoff of what is clicked

  get #payoff() {
    return this.querySelector("option-payoff");
  }

  #deal(option, way) {
    const { ends, multiplier } = this.querySelector(".days [data-shown]").dataset;
    const known = { ends: Number(ends), multiplier: Number(multiplier) || 100 };
    this.#payoff.deal({ ...option, ...known }, way, this.#rows.pair);
  }

  // Another symbol

  #follow(symbol) {
    this.#term.stop();
    for (const element of [this, this.#payoff]) element.setAttribute("symbol", symbol);
    this.#strikes = null;
    this.#spot = null;
    this.#rows.fill([], null);
    this.querySelector(".days").replaceChildren(this.querySelector(".days legend"));
    this.querySelector(".chain-box").setAttribute("aria-label", `Table: options on ${symbol}`);
    this.show({ symbol, price: "–", move: "", day: "–", dte: "", iv: "–" });
    for (const element of [this, this.#payoff]) element.start();
    this.#payoff.recall();
    this.#offer();
  }

  /** Ask which expirations there are, and show the one that is looked at first. */
  async #offer() {
    const number = ++this.#asked;
    this.#say(`Asking for options on ${this.symbol}.`);
    const answer = await fetched(`/api/options/expirations/${encodeURIComponent(this.symbol)}`);
    if (number !== this.#asked) return undefined;
    const { expirations = [], detail } = answer?.body ?? {};
    const first = usual(expirations);
    if (!first) return this.#say(detail ?? (answer ? `Nothing is listed on ${this.symbol}.` : "The desk does not answer."));
    const days = this.querySelector(".days");
    days.replaceChildren(days.querySelector("legend"), ...choices(expirations, first));
    this.#fit(this.clientWidth);
    this.#term.start(this.symbol);
    return this.#load();
  }

  // What is chosen

  #changed({ name, value }) {
    if (!name) return undefined;
    if (name === "column") this.#own.save();
    if (name === "columns") localStorage.setItem(COLUMNS, value);
    else if (name === "column") localStorage.setItem(COLUMNS, "own");
    if (name === "columns" || name === "column") return this.#columns(localStorage.getItem(COLUMNS));
    if (name === "rows") return this.#list();
    clearTimeout(this.#passing);
    this.#passing = setTimeout(() => this.#load(), PASSING_MS);
    return undefined;
  }

  #columns(value) {
    mark(this, "data-columns", value);
    for (const radio of this.querySelectorAll("[name=columns]")) radio.checked = radio.value === value;
    if (value !== "own") this.#own.usual();
    const own = value === "own" ? this.#own.own(this.querySelector(".chain-box").clientWidth) : ["iv"];
    this.#rows.show(value !== "prices" && own.some((name) => GREEK.includes(name)));
  }

  #fit(width) {
    const chosen = localStorage.getItem(COLUMNS) ?? "all";
    const isNarrow = width < NARROW;
    this.#columns(isNarrow && chosen === "all" ? "prices" : chosen);
    const [days, chip] = [this.querySelector(".days"), this.querySelector(".days :checked")?.parentElement];
    if (chip) days.scrollLeft = chip.offsetLeft - (days.clientWidth - chip.clientWidth) / 2;
  }

  get #chosen() {
    const form = new FormData(this.querySelector("form"));
    const [date, root] = (form.get("expiration") ?? "").split(" ");
    const rows = form.get("rows");
    return { date, root, rows: rows === "all" ? null : Number(rows) };
  }

  /** Show the chosen number of strikes around the money. */
  async #list() {
    if (!this.#strikes) return this.#load();
    const { date, root, rows } = this.#chosen;
    this.#rows.fill(band(this.#strikes, this.#spot, rows), this.#spot);
    this.#rows.center();
    this.#picks.start();
    const address = new URL(location.href);
    address.searchParams.set("expiration", `${date} ${root}`);
    address.searchParams.set("rows", rows ?? "all");
    history.replaceState(null, "", address);
    this.#paintedAt = 0;
    renderer.mark(this);
    return renderer.hurry();
  }

  /** Ask what is listed for the chosen expiration, and show it. */
  async #load() {
    const { date, root } = this.#chosen;
    const number = ++this.#asked;
    const address = new URL(`/api/options/strikes/${encodeURIComponent(this.symbol)}`, location.href);
    address.search = new URLSearchParams({ expiration: date, root });
    this.#say(`Asking for ${day(date)}.`);
    const answer = await fetched(address.href);
    if (number !== this.#asked) return undefined;
    if (answer?.status !== 200) return this.#say(answer?.body?.detail ?? "The desk does not answer. Choose again.");
    this.#say("");
    this.#strikes = answer.body.strikes;
    const chosen = this.querySelector(".days :checked");
    this.querySelector(".days [data-shown]")?.removeAttribute("data-shown");
    chosen.setAttribute("data-shown", "");
    this.show({ day: day(date), dte: `${chosen.dataset.dte} d` });
    return this.#list();
  }

  #say(text) {
    const note = this.querySelector(".chain-said");
    write(note, text);
    note.hidden = !text;
  }
}

customElements.define("option-chain", OptionChain);
