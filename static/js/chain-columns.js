// The columns of a chain that a person chose one by one: the same ones on both sides of the strike.

import { chosen, fitting } from "./lib/columns.js";
import { write } from "./render.js";

const OWN = "tapedeck.chain.own";

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
    chooser.hidden = false;
    this.#check();
  }

  get #own() {
    return chosen(localStorage.getItem(OWN), this.#names);
  }

  /** Keep what is ticked. The last one stays. */
  keep() {
    localStorage.setItem(OWN, this.#boxes.flatMap(({ checked, value }) => (checked ? [value] : [])).join(" "));
    this.#check();
  }

  /** Show the chosen columns that fit into a width. Returns them. */
  own(width) {
    const names = fitting(this.#own, width);
    const left = this.#own.length - names.length;
    this.#show((name) => names.includes(name));
    write(this.#chooser.querySelector("[data-left]"), left ? `${left} without room` : "");
    return names;
  }

  /** Show them as the style sheet does, by width. */
  usual() {
    this.#show(() => true);
    write(this.#chooser.querySelector("[data-left]"), "");
  }

  #check() {
    const own = this.#own;
    for (const box of this.#boxes) box.checked = own.includes(box.value);
  }

  #show(isShown) {
    const heads = [...this.#table.tHead.rows[0].cells];
    const rows = [heads, ...[...this.#table.tBodies[0].rows, this.#template.content.firstElementChild].map((row) => row.cells)];
    heads.forEach(({ dataset }, at) => {
      const isHidden = dataset.column !== undefined && !isShown(dataset.column);
      if (heads[at].hidden !== isHidden) for (const cells of rows) cells[at].hidden = isHidden;
    });
  }
}
