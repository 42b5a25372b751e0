// <watch-list list="1">: a person's lists of symbols, one of them as a table that moves. Click or Enter focuses a symbol,
// arrow keys walk, Del removes, Alt with arrows moves; rows are made from the <template> inside it.

import { DayLines } from "./sparklines.js";
import { circumstances, renderer } from "../core/page.js";
import { instrument } from "../core/format.js";
import { feeders, socketVerdict, together } from "../core/freshness.js";
import { focused, focusSymbol, onFocus } from "../core/focus.js";
import { typed } from "./sorting.js";
import { Lists } from "./lists-api.js";
import { mark, write } from "../core/render.js";
import { dragRows } from "./row-drag.js";
import { VenueLists } from "./venue-lists.js";
import { WatchTable } from "./table.js";
import { LiveElement } from "../core/live-element.js";

/** The list that is shown is remembered for the next page by a cookie, which its server can read (s). */
const REMEMBERED_S = 31_536_000;
const EMPTY = { state: "none", word: "empty", note: "" };

class WatchList extends LiveElement {
  #lists = new Lists();
  #table;
  #venues;
  #lines = new DayLines();
  #judgedAt = 0;
  #undo = null;
  #stops = [];
  #isBegun = false;

  get demand() {
    const symbols = this.#table?.symbols ?? [];
    return { quotes: symbols, underlyings: symbols, topics: ["links", "market"] };
  }

  get hears() {
    return ["link", "market"];
  }

  connectedCallback() {
    if (!this.#isBegun) this.#prepare();
    super.connectedCallback();
    this.#stops = [onFocus((symbol) => this.#table.focus(symbol))];
    this.#table.focus(focused());
    this.#lines.fill(this.#table.rows);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#lines.close();
    for (const stop of this.#stops) stop();
  }

  #prepare() {
    this.#isBegun = true;
    this.#table = new WatchTable(this.querySelector("table"), this.querySelector(":scope > template"), () =>
      renderer.mark(this),
    );
    this.#venues = new VenueLists(this.querySelector("[data-part=venues]"), (text) => this.#say(text));
    this.#lists.addEventListener("change", () => this.#refresh());
    this.addEventListener("click", (event) => this.#click(event));
    this.addEventListener("keydown", (event) => this.#key(event));
    this.addEventListener("submit", (event) => this.#submit(event));
    this.addEventListener("focusin", ({ target }) => target.matches(".symbol") && this.#table.rove(symbolOf(target)));
    this.querySelector("[name=list]").addEventListener("change", ({ target }) => this.#open(Number(target.value)));
    dragRows(this.querySelector("tbody"), ".handle", (row, at) => this.#move(row.dataset.symbol, at));
    document.addEventListener("visibilitychange", () => !document.hidden && this.#lists.load());
    addEventListener("pageshow", ({ persisted }) => persisted && this.#lists.load());
  }

  get #id() {
    return Number(this.getAttribute("list"));
  }

  get #isEditing() {
    return this.hasAttribute("data-editing");
  }

  // What is shown

  paint() {
    const around = circumstances();
    this.#table.paint(around.now);
    if (performance.now() - this.#judgedAt < 900 && socketVerdict(around.socket, around.now) === null) return;
    this.#judgedAt = performance.now();
    this.#table.paintAll(around.now);
    const { rows } = this.#table;
    const verdicts = rows.map((row) => row.judge(around));
    const known = verdicts.filter(({ state }) => state !== "none");
    const all = rows.length ? together(known.length ? known : verdicts) : EMPTY;
    rows.forEach((row, at) => row.show(verdicts[at], all.word, around.now));
    mark(this.querySelector(".panel-head"), "data-state", all.state);
    this.toggleAttribute("data-loaded", false);
    const by = feeders(
      rows.map((row) => row.slot("quote")),
      around.links,
    );
    this.show({ word: all.word, note: all.state === "live" ? "" : all.note, by });
  }

  /** Show what the desk knows now: this list, or the first one where this was deleted. */
  #refresh() {
    const { all } = this.#lists;
    const list = this.#lists.find(this.#id) ?? all?.[0];
    if (!list) return;
    const select = this.querySelector("[name=list]");
    select.replaceChildren(...all.map(({ id, name }) => new Option(name, String(id), false, id === list.id)));
    mark(this, "list", String(list.id));
    this.#remember(list.id);
    this.#table.arrange(list.symbols);
    this.#table.focus(focused());
    this.cell("empty").hidden = list.symbols.length > 0;
    this.querySelector("[data-form=rename] input").value = list.name;
    this.querySelector("[data-act=delete]").disabled = all.length < 2;
    this.start();
    this.#lines.fill(this.#table.rows);
    this.#judgedAt = 0;
    renderer.mark(this);
    renderer.hurry();
  }

  #remember(id) {
    const name = this.dataset.cookie;
    const secure = name.startsWith("__Host-") ? "; secure" : "";
    document.cookie = `${name}=${id}; path=/; max-age=${REMEMBERED_S}; samesite=lax${secure}`;
  }

  async #open(id) {
    this.setAttribute("list", String(id));
    this.#forget();
    if (this.#lists.all) this.#refresh();
    else await this.#known();
  }

  /** Every list, asked for where they are not known yet; null, and why is said, where that fails. */
  async #known() {
    const { detail } = this.#lists.all ? {} : await this.#lists.load();
    if (detail) this.#say(detail);
    return this.#lists.all;
  }

  // What is done

  #click(event) {
    const { target } = event;
    const sort = target.closest("[data-sort]")?.dataset.sort;
    if (sort) return this.#table.press(sort);
    const link = target.closest(".symbol");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      return focusSymbol(symbolOf(link));
    }
    const act = target.closest("[data-act]")?.dataset.act;
    const symbol = symbolOf(target);
    return act && this.#act(act, symbol, target);
  }

  #act(act, symbol, target) {
    const acts = {
      edit: () => this.#edit(!this.#isEditing),
      undo: () => this.#undo?.(),
      up: () => this.#step(symbol, -1, target),
      down: () => this.#step(symbol, 1, target),
      remove: () => this.#remove(symbol),
      delete: () => this.#delete(),
      earlier: () => this.#shift(-1),
      later: () => this.#shift(1),
      venues: () => this.#venues.show(),
      import: () => this.#import(target.closest("[data-act]").dataset),
    };
    return acts[act]?.();
  }

  #edit(isOn) {
    this.toggleAttribute("data-editing", isOn);
    mark(this.querySelector("[data-act=edit]"), "aria-pressed", String(isOn));
    this.querySelector("[data-part=lists]").hidden = !isOn;
    this.#table.own(isOn);
    if (isOn) this.#known();
  }

  #key(event) {
    const link = event.target.closest(".symbol");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const symbol = symbolOf(link);
    if (event.altKey) {
      const way = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (!way) return;
      this.#step(symbol, way, link);
    } else if (event.key === "Delete" || event.key === "Backspace") this.#remove(symbol);
    else if (!this.#table.walk(event.key, symbol)) return;
    event.preventDefault();
  }

  #submit(event) {
    const { form: name } = event.target.dataset;
    if (!name) return;
    event.preventDefault();
    const input = event.target.querySelector("input:not([type=hidden])");
    const text = input.value.trim();
    if (name === "add") this.#add(input, typed(text));
    else this.#named(name, input, text);
  }

  async #add(input, symbols) {
    if (symbols.length === 0) return;
    const { detail } = await this.#done(this.#lists.add(this.#id, symbols));
    mark(input, "aria-invalid", detail ? "true" : "");
    if (!detail) input.value = "";
  }

  async #named(name, input, text) {
    const asked = name === "rename" ? this.#lists.rename(this.#id, text) : this.#lists.create(text);
    const { detail, list } = await this.#done(asked, name === "rename" ? "The list has its new name." : "");
    mark(input, "aria-invalid", detail ? "true" : "");
    if (detail || name === "rename") return;
    input.value = "";
    await this.#open(list.id);
  }

  async #remove(symbol) {
    const id = this.#id;
    const at = this.#table.symbols.indexOf(symbol);
    const shown = this.#table.placeOf(symbol);
    const { detail } = await this.#done(this.#lists.take(id, symbol));
    if (detail) return;
    if (!this.contains(document.activeElement)) this.#table.enter(shown);
    this.#offer(`${instrument(symbol)} was removed.`, () => this.#lists.add(id, [symbol], at));
  }

  async #delete() {
    const all = await this.#known();
    if (!all) return;
    const list = this.#lists.find(this.#id);
    const at = all.indexOf(list);
    const { detail } = await this.#done(this.#lists.remove(list.id));
    if (!detail) this.#offer(`${list.name} was deleted.`, () => this.#lists.create(list.name, list.symbols, at));
  }

  /** Move this list among the others. */
  async #shift(way) {
    const all = await this.#known();
    if (!all) return;
    const list = this.#lists.find(this.#id);
    const at = Math.min(all.length - 1, Math.max(0, all.indexOf(list) + way));
    await this.#done(this.#lists.place(list.id, at), `${list.name} is list ${at + 1} of ${all.length}.`);
  }

  #step(symbol, way, target) {
    if (this.#table.sort) return this.#say("Rows are sorted by a column. Press Edit to move them.");
    const at = this.#table.symbols.indexOf(symbol) + way;
    if (at < 0 || at >= this.#table.symbols.length) return undefined;
    return this.#move(symbol, at).then(() => target.focus());
  }

  async #move(symbol, at) {
    const { detail } = await this.#done(this.#lists.move(this.#id, symbol, at));
    if (detail) this.#table.place();
  }

  async #import({ link, name }) {
    const found = await this.#venues.copy(link, name);
    await this.#lists.load();
    if (!found) return;
    await this.#open(found.list.id);
    this.#say(found.text);
  }

  /** Wait for a change, and say why it was refused, or `text`. */
  async #done(changing, text = "") {
    this.#forget();
    const answer = await changing;
    this.#say(answer.detail ?? text);
    return answer;
  }

  // What is said

  #say(text) {
    const said = this.cell("said");
    write(said, text ?? "");
    said.parentElement.hidden = !text;
  }

  /** Say what was done, and offer to take it back until something else is done. */
  #offer(text, back) {
    this.#say(text);
    this.#undo = async () => {
      const { detail, list } = await this.#done(back());
      if (!detail && list.id !== this.#id) await this.#open(list.id);
    };
    this.querySelector("[data-act=undo]").hidden = false;
  }

  #forget() {
    this.#undo = null;
    this.querySelector("[data-act=undo]").hidden = true;
    this.#say("");
  }
}

const symbolOf = (element) => element.closest("tr")?.dataset.symbol;

customElements.define("watch-list", WatchList);
