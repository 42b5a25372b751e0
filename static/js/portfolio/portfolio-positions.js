// <portfolio-positions>: what is held by underlying; the rows are made from the <template> inside it.

import { circumstances, renderer, store } from "../core/page.js";
import { heldVerdict, holdingVerdict, together } from "../core/freshness.js";
import { groups, portfolios } from "./rows.js";
import { mark, write } from "../core/render.js";
import { LiveElement } from "../core/live-element.js";

class PortfolioPositions extends LiveElement {
  #template;
  #closed = new Set();

  get demand() {
    return { topics: ["portfolio", "links", "market"] };
  }

  get hears() {
    return ["portfolio", "exposure", "position", "link"];
  }

  connectedCallback() {
    super.connectedCallback();
    this.#template = this.querySelector("template").content;
    this.addEventListener("click", (event) => event.target.closest(".twist") && this.#twist(event.target));
  }

  #twist(target) {
    const body = target.closest("tbody");
    const key = body.dataset.group;
    if (!this.#closed.delete(key)) this.#closed.add(key);
    this.#open(body);
  }

  #open(body) {
    const isOpen = !this.#closed.has(body.dataset.group);
    body.toggleAttribute("data-closed", !isOpen);
    body.querySelector(".twist").setAttribute("aria-expanded", String(isOpen));
  }

  paint() {
    const around = circumstances();
    const positions = store.all("position");
    const { totals, accounts } = portfolios(store.all("portfolio"));
    if (totals.length === 0 && positions.length === 0) return;
    const counts = { environments: totals.length, accounts: accounts.length };
    const found = groups(store.all("exposure"), positions, around.links, counts);
    this.judge(heldVerdict(positions, around));
    this.cell("empty").hidden = found.length > 0;
    this.#arrange(found.map(({ key }) => key));
    for (const group of found) this.#show(group, around);
  }

  #bodies() {
    return [...this.querySelector("table").tBodies];
  }

  /** Have a body of rows for each of `keys`, in their order, and no other. */
  #arrange(keys) {
    const bodies = new Map(this.#bodies().map((body) => [body.dataset.group, body]));
    for (const [key, body] of bodies) if (!keys.includes(key)) body.remove();
    let before = this.querySelector("thead");
    for (const key of keys) {
      const body = bodies.get(key) ?? made(key);
      if (before.nextElementSibling !== body) before.after(body);
      before = body;
    }
  }

  #show({ key, head, legs, positions }, around) {
    const body = this.#bodies().find((one) => one.dataset.group === key);
    while (body.rows.length > legs.length + 1) body.rows[body.rows.length - 1].remove();
    while (body.rows.length < legs.length + 1) body.append(this.#row(body.rows.length ? ".leg" : ".group"));
    const verdicts = positions.map((one) => holdingVerdict(one, around));
    const all = verdicts.length ? together(verdicts) : { state: "" };
    show(body.rows[0], head, all);
    legs.forEach((leg, at) => show(body.rows[at + 1], leg, verdicts[at]));
    body.querySelector(".twist").hidden = legs.length === 0;
    write(body.querySelector(".twist span"), `Legs of ${head.name}`);
    this.#open(body);
  }

  #row(kind) {
    return document.importNode(this.#template.querySelector(kind), true);
  }
}

function made(key) {
  const body = document.createElement("tbody");
  body.dataset.group = key;
  return body;
}

/** Write a row: its texts, which way they went, and how true they are. */
function show(row, { ways, ...texts }, { state }) {
  mark(row, "data-state", state);
  for (const [name, text] of Object.entries(texts)) {
    const cell = row.querySelector(`[data-cell="${name}"]`);
    if (!cell) continue;
    if (name in ways) mark(cell.parentElement, "data-way", ways[name]);
    if (name === "mark") flash(cell, texts);
    write(cell, text);
  }
}

/** A price that moved is what is new: the sums that follow from it stay calm. */
function flash(cell, { mark: text, price: now }) {
  const before = Number(cell.dataset.price);
  if (before && now && text !== cell.textContent) renderer.flash(cell, now > before ? "up" : "down");
  if (now) cell.dataset.price = now;
}

customElements.define("portfolio-positions", PortfolioPositions);
