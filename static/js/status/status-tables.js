// <status-tables src="…">: keeps the tables of the status page fresh while somebody looks. They come as ready texts
// over plain HTTP, not over the page's socket: this page must work when that is what is broken.

import { age } from "../core/format.js";
import { mark, write } from "../core/render.js";

const EVERY_MS = 2_000;
const TIMEOUT_MS = 8_000;

class StatusTables extends HTMLElement {
  #timer = 0;
  #freshAt = Date.now();
  #onSight = () => document.hidden || this.#refresh();

  connectedCallback() {
    document.addEventListener("visibilitychange", this.#onSight);
    this.#wait();
  }

  disconnectedCallback() {
    document.removeEventListener("visibilitychange", this.#onSight);
    clearTimeout(this.#timer);
  }

  #wait() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (document.hidden ? this.#wait() : this.#refresh()), EVERY_MS);
  }

  async #refresh() {
    clearTimeout(this.#timer);
    try {
      const answer = await fetch(this.getAttribute("src"), { signal: AbortSignal.timeout(TIMEOUT_MS) });
      if (!answer.ok) throw new Error(String(answer.status));
      const { tables } = await answer.json();
      for (const [name, table] of Object.entries(tables)) this.#show(name, table);
      this.#freshAt = Date.now();
      this.#say("");
    } catch {
      this.#say(`The desk does not answer. The tables are from ${age(Date.now() - this.#freshAt)} ago.`);
    }
    this.#wait();
  }

  /** Say why the tables are old, and let them look it; with no text they are fresh. */
  #say(text) {
    const note = this.querySelector("[data-field=age]");
    write(note, text);
    note.hidden = !text;
    this.toggleAttribute("data-old", Boolean(text));
  }

  #show(name, { rows, empty }) {
    const table = this.querySelector(`[data-table="${name}"]`);
    const note = this.querySelector(`[data-empty="${name}"]`);
    if (!table) return;
    const heads = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
    const body = table.tBodies[0];
    while (body.rows.length > rows.length) body.rows[body.rows.length - 1].remove();
    while (body.rows.length < rows.length) body.append(newRow(heads, "worded" in table.dataset));
    rows.forEach((row, at) => showRow(body.rows[at], row));
    table.parentElement.hidden = !rows.length;
    note.hidden = rows.length > 0;
    write(note, empty);
  }
}

function newRow(heads, isWorded) {
  const row = document.createElement("tr");
  heads.forEach((head, at) => {
    const cell = document.createElement(at ? "td" : "th");
    if (!at) cell.scope = "row";
    cell.dataset.label = head;
    if (isWorded && at === 1) cell.append(Object.assign(document.createElement("span"), { className: "state" }));
    row.append(cell);
  });
  return row;
}

function showRow(row, { state, cells }) {
  mark(row, "data-state", state);
  cells.forEach((text, at) => {
    const cell = row.cells[at];
    write(cell?.querySelector(".state") ?? cell, text);
  });
}

customElements.define("status-tables", StatusTables);
