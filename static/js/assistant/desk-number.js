// <desk-number>: a number of an answer that is bound to where it came from. Where that is a live slot it moves, ages and
// dims as that does everywhere; else it stays what it was. It is read once, and says nothing when it moves.

import { age, MISSING, moment } from "../core/format.js";
import { LiveElement } from "../core/live-element.js";
import { circumstances, store } from "../core/page.js";
import { mark } from "../core/render.js";
import { made } from "./elements.js";
import { demandOf, GOOD, isPublic, slotOf, symbolOf, valueOf, verdictOf } from "./live-slot.js";
import { wayOf, written } from "./live-text.js";

const get = (...name) => store.get(...name);

export class DeskNumber extends LiveElement {
  #piece;
  #source;
  #slot = null;
  #way = null;
  #before = null;

  /** The element of a `piece` {text, call, path, value, unit, slot}; `source` is its call: {title, isPublic, at}. */
  static of(piece, source) {
    const element = document.createElement("desk-number");
    element.#bind(piece, source);
    return element;
  }

  #bind(piece, source) {
    this.#piece = piece;
    this.#source = source;
    const slot = slotOf(piece.slot);
    this.#way = slot && wayOf(piece.text, Number(piece.value));
    if (this.#way) this.#slot = slot;
    const [value, old] = ["value", "age"].map((name) => made("span", { className: name }));
    Object.assign(value.dataset, { field: "value" });
    Object.assign(old.dataset, { field: "age" });
    value.textContent = piece.text;
    const button = made("button", { type: "button", className: "live-number" }, value, old);
    button.classList.toggle("mine", this.#slot ? !isPublic(this.#slot) : !source.isPublic);
    Object.assign(this.dataset, { part: "number", call: piece.call, path: piece.path });
    this.toggleAttribute("data-live", Boolean(this.#slot));
    this.append(button);
  }

  get demand() {
    return this.#slot ? demandOf(this.#slot) : {};
  }

  get hears() {
    return this.#slot ? [this.#slot.name, "link", "market"] : [];
  }

  /** The symbol it is of; empty where it is of none, or of several. */
  get symbol() {
    return this.#slot ? symbolOf(this.#slot) : "";
  }

  paint() {
    if (!this.#slot) return;
    if (this.closest("[data-then]")) {
      mark(this, "data-state", "then");
      this.show({ value: this.#piece.text, age: "" });
      return;
    }
    const { value, verdict, at } = this.#now();
    this.judge(verdict);
    this.show({ value: this.#text(value), age: GOOD.includes(verdict.state) ? "" : ` ◌ ${this.#old(value, at, verdict)}` });
    this.flash("value", this.#before, value);
    this.#before = value;
  }

  /** A value as the answer writes it; while none is known, what was answered. */
  #text(value) {
    return value === null ? this.#piece.text : written(this.#way, value);
  }

  #old(value, at, { word }) {
    if (value === null) return `then, ${word}`;
    return at === null ? word : age(circumstances().now - at);
  }

  #now() {
    const value = valueOf(this.#slot, get);
    return {
      value: Number.isFinite(value) ? value : null,
      verdict: verdictOf(this.#slot, get, circumstances()),
      at: get(this.#slot.type, ...this.#slot.key)?.at ?? null,
    };
  }

  /** Three lines about it: its name with its value now, where that is from, and what it was. */
  describe() {
    const { text, path } = this.#piece;
    const { title, at: answered } = this.#source;
    const time = moment(answered, circumstances().now);
    if (!this.#slot) return [text, `${title} · ${path}`, `As it was at ${time}: this one does not move.`];
    const { value, verdict, at } = this.#now();
    const { key, field } = this.#slot;
    const note = verdict.note ? `, ${verdict.note}` : "";
    const old = at === null ? "" : ` · ${age(circumstances().now - at)} old`;
    return [
      `${key.at(-1) ?? ""} ${field.replaceAll("_", " ")} ${value === null ? MISSING : this.#text(value)}`.trim(),
      `${title} · ${verdict.word}${note}${old}`,
      `It was ${text} when this was answered, ${time}.`,
    ];
  }
}

customElements.define("desk-number", DeskNumber);
