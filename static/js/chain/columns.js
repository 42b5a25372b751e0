// The columns of a chain that a person chose one by one: the same ones on both sides of the strike.

import { write } from "../core/render.js";

const OWN = "tapedeck.chain.own";
/** The strike's column and another one (CSS pixels). */
const [STRIKE, CELL] = [70, 58];

/** The chosen among `all` names, in the order they were kept in; all where nothing sound was. What is no column is dropped. */
export function chosen(kept, all) {
  const names = new Set((kept ?? "").split(" ").filter((name) => all.includes(name)));
  return names.size ? [...names] : all;
}

/** How columns named from the strike outwards stand from left to right; the bid of a call is before its ask, as of a put. */
export function sides(names) {
  const call = [...names].reverse();
  const [bid, ask] = [call.indexOf("bid"), call.indexOf("ask")];
  if (names.indexOf("bid") < names.indexOf("ask")) [call[bid], call[ask]] = ["ask", "bid"];
  return { call, put: names };
}

/** As many of them as there is room for on both sides of the strike, the first ones first; two at least. */
export const fitting = (names, width) => names.slice(0, Math.max(2, Math.floor((width - STRIKE) / 2 / CELL)));

export class ChainColumns {
  #chooser;
  #table;
  #template;
  #names;
  #boxes;

  /** `chooser` has a box for each column, `template` the row that others are made of. */
  constructor(chooser, table, template) {
    this.#chooser = chooser;
    this.#table = table;
    this.#template = template;
    this.#boxes = [...chooser.querySelectorAll("[name=column]")];
    this.#names = this.#boxes.map(({ value }) => value);
    chooser.addEventListener("click", ({ target }) => this.#move(target));
    this.#check();
  }

  get #own() {
    return chosen(localStorage.getItem(OWN), this.#names);
  }

  /** Keep what is ticked, in its order. The last one stays. */
  save() {
    this.#boxes = [...this.#chooser.querySelectorAll("[name=column]")];
    localStorage.setItem(OWN, this.#boxes.flatMap(({ checked, value }) => (checked ? [value] : [])).join(" "));
    this.#check();
  }

  /** Show the chosen columns that fit into a width. Returns them. */
  own(width) {
    const names = fitting(this.#own, width);
    const left = this.#own.length - names.length;
    this.#arrange(chosen([...this.#own, ...this.#names].join(" "), this.#names));
    this.#show((name) => names.includes(name));
    write(this.#chooser.querySelector("[data-left]"), left ? `${left} without room` : "");
    return names;
  }

  /** Show them as the style sheet does, by width. */
  usual() {
    this.#arrange(this.#names);
    this.#show(() => true);
    write(this.#chooser.querySelector("[data-left]"), "");
  }

  /** Tick what is kept, and have it in its order before the others. */
  #check() {
    const own = this.#own;
    for (const box of this.#boxes) box.checked = own.includes(box.value);
    const line = (name) => this.#boxes.find(({ value }) => value === name).closest("span");
    this.#chooser.querySelector("legend").after(...own.map(line));
  }

  /** Move a column one place, by its button. */
  #move(button) {
    const line = button.closest("[data-way]")?.parentElement;
    if (!line) return;
    if (button.dataset.way < 0) line.previousElementSibling.matches("span") && line.previousElementSibling.before(line);
    else if (line.nextElementSibling.matches("span")) line.nextElementSibling.after(line);
    line.querySelector("input").dispatchEvent(new Event("change", { bubbles: true }));
    button.focus();
  }

  get #rows() {
    const rows = [this.#table.tHead.rows[0], ...this.#table.tBodies[0].rows, this.#template.content.firstElementChild];
    return rows.map((row) => [row, [...row.cells]]);
  }

  #arrange(names) {
    const heads = [...this.#table.tHead.rows[0].cells];
    const at = (side) => (name) => heads.findIndex((head) => head.matches(`.${side}[data-column=${name}]`));
    const { call, put } = sides(names);
    const order = [...call.map(at("call")), names.length, ...put.map(at("put"))];
    if (order.every((from, to) => from === to)) return;
    for (const [row, cells] of this.#rows) row.append(...order.map((from) => cells[from]));
  }

  #show(isShown) {
    const rows = this.#rows;
    const [[, heads]] = rows;
    heads.forEach(({ dataset, hidden }, at) => {
      const isHidden = dataset.column !== undefined && !isShown(dataset.column);
      if (hidden !== isHidden) for (const [, cells] of rows) cells[at].hidden = isHidden;
    });
  }
}
