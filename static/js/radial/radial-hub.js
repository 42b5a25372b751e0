// <radial-hub data-focus="QQQ">: markets around a ring, outward is up, and as a table. The one in the middle is the
// one that has the keyboard's focus or was chosen last, here or elsewhere on the page.

import { circumstances, renderer, store } from "../core/page.js";
import { age, arrow, briefAge, change, direction, percent, price } from "../core/format.js";
import { feeders, markOf, quoteVerdict, together } from "../core/freshness.js";
import { focusSymbol, onFocus } from "../core/focus.js";
import { bar } from "./ring.js";
import { mark, write } from "../core/render.js";
import { slotName } from "../stream/store.js";
import { LiveElement } from "../core/live-element.js";

const KEY = "tapedeck.hub";
/** How a key moves along the ring, clockwise. */
const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

class RadialHub extends LiveElement {
  #sectors = [];
  #focus = "";
  #stopFollowing = () => {};
  #isBegun = false;

  get demand() {
    return { quotes: this.#symbols, topics: ["links", "market"] };
  }

  get hears() {
    return [...this.#symbols.flatMap((symbol) => [slotName("quote", symbol), slotName("profile", symbol)]), "link", "market"];
  }

  get #wedges() {
    return [...this.querySelectorAll(".wedge")];
  }

  get #symbols() {
    return this.#wedges.map((wedge) => wedge.dataset.symbol);
  }

  get #isTable() {
    return this.dataset.view === "table";
  }

  connectedCallback() {
    super.connectedCallback();
    this.#stopFollowing = onFocus((symbol) => this.#symbols.includes(symbol) && this.#center(symbol));
    if (!this.#isBegun) this.#prepare();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#stopFollowing();
  }

  #prepare() {
    this.#isBegun = true;
    this.#focus = this.dataset.focus;
    this.#sectors = [...this.querySelectorAll("[data-sector]")].map(
      (sector) => new Sector(sector, this.querySelector(`[data-row="${sector.dataset.sector}"]`)),
    );
    this.#view(localStorage.getItem(KEY));
    this.#rove(this.#focus);
    this.addEventListener("click", (event) => this.#click(event));
    this.addEventListener("keydown", (event) => this.#key(event));
    this.addEventListener("focusin", (event) => this.#look(event.target.closest(".wedge")?.dataset.symbol));
    this.addEventListener("focusout", () => this.#look(this.dataset.focus));
  }

  paint() {
    const around = circumstances();
    const verdicts = this.#sectors.map((sector) => sector.judge(around));
    const all = together(verdicts);
    this.judge({ ...all, state: all.isMixed ? "" : all.state });
    this.show({ by: feeders(this.#sectors.map(({ quote }) => quote), around.links) });
    mark(this.querySelector(".panel-head"), "data-state", all.state);
    for (const sector of this.#sectors) {
      if (this.#isTable) sector.paintRow(around.now);
      else sector.paintPart(around.now);
    }
    if (!this.#isTable) this.#paintMiddle();
  }

  #paintMiddle() {
    const { symbol, quote, state } = this.#sectors.find((sector) => sector.symbol === this.#focus);
    const middle = this.querySelector(".middle");
    mark(middle, "data-state", state);
    mark(middle, "data-way", direction(quote?.change_percentage));
    this.show({ focus: symbol, price: price(markOf(quote).value), change: moved(quote) });
  }

  #view(name) {
    const isTable = name === "table";
    mark(this, "data-view", isTable ? "table" : "");
    write(this.querySelector("[data-act=view]"), isTable ? "View as ring" : "View as table");
    renderer.mark(this);
  }

  #click(event) {
    if (event.target.closest("[data-act=view]")) return this.#toggle();
    const symbol = event.target.closest("[data-sector]")?.dataset.sector ?? event.target.dataset.symbol;
    if (!symbol || event.ctrlKey || event.metaKey || event.shiftKey) return undefined;
    event.preventDefault();
    return focusSymbol(symbol);
  }

  #toggle() {
    const name = this.#isTable ? "ring" : "table";
    localStorage.setItem(KEY, name);
    this.#view(name);
    renderer.hurry();
  }

  #key(event) {
    const at = this.#wedges.indexOf(event.target);
    if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const wedges = this.#wedges;
    const to = { Home: 0, End: wedges.length - 1 }[event.key] ?? at + (STEPS[event.key] ?? NaN);
    if (event.key === " ") focusSymbol(event.target.dataset.symbol);
    else if (Number.isNaN(to)) return;
    else wedges.at(to % wedges.length).focus();
    event.preventDefault();
  }

  /** Show a market in the middle, without picking it. */
  #look(symbol) {
    if (!symbol || symbol === this.#focus) return;
    this.#focus = symbol;
    this.#rove(symbol);
    renderer.mark(this);
    renderer.hurry();
  }

  /** The tab key comes to this wedge and leaves the ring from it. */
  #rove(symbol) {
    for (const wedge of this.#wedges) wedge.setAttribute("tabindex", wedge.dataset.symbol === symbol ? "0" : "-1");
  }

  #center(symbol) {
    this.dataset.focus = symbol;
    for (const link of this.querySelectorAll("a[data-symbol]")) {
      mark(link, "aria-current", link.dataset.symbol === symbol ? "true" : "");
    }
    this.#look(symbol);
  }
}

const moved = (quote) => `${arrow(quote?.change_percentage)} ${percent(quote?.change_percentage)}`;

/** One market: its part of the ring, its row, and what is known of it. */
class Sector {
  state = "";
  quote = undefined;
  #before = null;

  constructor(part, row) {
    this.symbol = part.dataset.sector;
    this.part = part;
    [this.wedge, this.bar, this.percent, this.age] = [".wedge", ".bar", ".percent", ".age"].map((name) =>
      part.querySelector(name),
    );
    this.row = row;
    [this.last, this.change, this.moved, this.book, this.changed] = row.querySelectorAll("[data-cell]");
  }

  judge(around) {
    this.quote = store.get("quote", this.symbol);
    const verdict = quoteVerdict(this.quote, around, store.get("profile", this.symbol));
    this.state = verdict.state;
    return verdict;
  }

  paintPart(now) {
    const { part, wedge, quote } = this;
    const { radius, width, shade } = bar(quote?.change_percentage);
    mark(part, "data-state", this.state);
    mark(part, "data-way", direction(quote?.change_percentage));
    mark(this.bar, "r", String(radius));
    mark(this.bar, "stroke-width", String(width));
    mark(this.bar, "data-shade", String(shade));
    write(this.percent, moved(quote));
    write(this.age, quote ? briefAge(now - quote.at) : "");
    // Who listens to a page hears a focused link's name again whenever it changes: prices never speak.
    if (document.activeElement !== wedge) mark(wedge, "aria-label", this.#spoken);
  }

  get #spoken() {
    return `${this.symbol} ${price(markOf(this.quote).value)} ${percent(this.quote?.change_percentage)}`;
  }

  paintRow(now) {
    const { row, quote } = this;
    const { value } = markOf(quote);
    mark(row, "data-state", this.state);
    mark(row, "data-way", direction(quote?.change_percentage));
    write(this.last, price(value));
    write(this.change, change(quote?.change));
    write(this.moved, moved(quote));
    write(this.book, `${price(quote?.bid)} × ${price(quote?.ask)}`);
    write(this.changed, age(quote && now - quote.at));
    if (this.#before != null && value != null) renderer.flash(this.last, direction(value - this.#before));
    this.#before = value;
  }
}

customElements.define("radial-hub", RadialHub);
