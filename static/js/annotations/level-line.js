// One line at a price: drawn, dragged by its grip or moved by arrows, kept, put back or deleted.

import { mark, write } from "../core/render.js";
import { price as priceText } from "../core/format.js";
import { announce } from "../core/announcements.js";
import { awayText, levelText, spoken, stepped } from "./levels.js";

const STEPS = { ArrowUp: 1, ArrowDown: -1, PageUp: 100, PageDown: -100 };
/** So long a line rests before its new price is said (ms). */
const REST_MS = 500;
const BIG = 10;
/** A line is never closer to an edge of the picture (px): its grip is to be seen. */
const EDGE = 12;

export class LevelLine {
  /** {key, rule, at, is, price, others} as it is kept; `key` is "new" for one that is not. */
  level;
  price;
  /** On which side of the picture it is out of sight: "above", "below" or "". */
  beyond = "";
  element = document.createElement("div");
  #hears;
  #overlay;
  #parts = {};
  #last = null;
  #isOld = false;
  #resting = 0;
  #isBusy = false;
  #word = "";
  #further = 0;

  /** `hears`: keep(line) and remove(line) resolve when they are done, drop(line) of a new one, turn(line) that it moved. */
  constructor(level, overlay, hears) {
    [this.level, this.price, this.#overlay, this.#hears] = [level, level.price, overlay, hears];
    this.element.className = "chart-level";
    this.element.append(
      this.#part("text", "span"),
      this.#part("acts", "span"),
      this.#part("away", "span"),
      this.#part("grip", "button"),
      this.#part("tag", "span"),
    );
    const { grip, acts } = this.#parts;
    Object.assign(grip, { type: "button", textContent: "=" });
    for (const [name, value] of [["role", "slider"], ["aria-orientation", "vertical"], ["aria-valuemin", "0"]]) grip.setAttribute(name, value);
    acts.append(...["keep", "back", "ask", "remove", "stay"].map((act) => button(act)));
    acts.addEventListener("click", ({ target }) => this.#act(target.dataset.act));
    this.element.addEventListener("keydown", (event) => this.#onKey(event));
    this.#listenToPointer();
  }

  #part(name, tag) {
    const part = document.createElement(tag);
    part.className = `level-${name}`;
    this.#parts[name] = part;
    return part;
  }

  get isNew() {
    return this.level.key === "new";
  }

  get isMoved() {
    return this.isNew || this.price !== this.level.price;
  }

  get last() {
    return this.#last;
  }

  focus() {
    this.#parts.grip.focus();
  }

  close() {
    clearTimeout(this.#resting);
    this.element.remove();
  }

  /** The alert is as `level` says, and stands as `word` and `tone` say; one that is being moved stays where it is. */
  show(level, { word, tone }, last, isOld) {
    if (!this.isMoved) this.price = level.price;
    const isOther = this.#word && word !== this.#word;
    [this.level, this.#last, this.#isOld, this.#word] = [level, last, isOld, word];
    if (isOther) this.#tellValue();
    mark(this.element, "data-state", tone);
    this.paint();
  }

  paint() {
    const { away, tag, grip } = this.#parts;
    this.#label();
    write(away, this.#isOld ? "the price is old" : awayText(this.price, this.#last));
    write(tag, priceText(this.price));
    this.element.toggleAttribute("data-moved", this.isMoved);
    write(this.#parts.acts.querySelector("[data-act=back]"), this.isNew ? "Drop" : ACTS.back);
    mark(grip, "aria-valuemax", String(Math.ceil((this.#last ?? this.price) * 10)));
    if (!grip.hasAttribute("aria-valuenow")) this.#tellValue();
    this.place();
  }

  /** Say in words how it stands and what it waits for. */
  #label() {
    const { text, grip } = this.#parts;
    const others = this.level.others ? ` and ${this.level.others} more` : "";
    const further = this.#further ? ` (+${this.#further} further)` : "";
    write(text, `${this.isMoved ? "○ not saved" : this.#word} · ${levelText(this.level.is)}${others}${further}`);
    mark(grip, "aria-label", `Alert, ${levelText(this.level.is)}${others}`);
  }

  /** Stand where the price is, or at the edge beyond which it is. */
  place() {
    const { height } = this.#overlay.size;
    const y = this.#overlay.y(this.price);
    this.beyond = y === null ? "" : y < 0 ? "above" : y > height ? "below" : "";
    this.element.toggleAttribute("data-unplaced", y === null); // before there are bars; it can have the focus already
    mark(this.element, "data-beyond", this.beyond);
    if (y !== null) this.element.style.setProperty("--y", `${Math.round(Math.min(Math.max(y, EDGE), height - EDGE))}px`);
  }

  /** It is beyond an edge with others, of which `more` are further away: null where another one is the nearest. */
  cover(more) {
    this.element.toggleAttribute("data-covered", more === null);
    if (more === this.#further) return;
    this.#further = more;
    this.#label();
  }

  #tellValue() {
    const { grip } = this.#parts;
    mark(grip, "aria-valuenow", String(this.price));
    mark(grip, "aria-valuetext", this.#spoken(this.isMoved ? "not saved" : this.#word));
  }

  #spoken(word) {
    return spoken({ price: this.price, is: this.level.is, last: this.#isOld ? null : this.#last, word });
  }

  // Moving

  move(price) {
    this.price = stepped(price);
    if (this.isNew) this.#hears.turn(this);
    this.paint();
    clearTimeout(this.#resting);
    this.#resting = setTimeout(() => this.#rest(), REST_MS);
  }

  #rest() {
    this.#tellValue();
    announce(this.#spoken(""));
  }

  #onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || this.#isBusy) return;
    const isGrip = event.target === this.#parts.grip;
    if (event.key === "Escape") this.#act(this.element.hasAttribute("data-asks") ? "stay" : "back");
    else if (isGrip && event.key in STEPS) this.#step(STEPS[event.key] * (event.shiftKey ? BIG : 1));
    else if (isGrip && event.key === "Enter") this.#act("keep");
    else if (isGrip && event.key === "Delete") this.#act("ask");
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #step(steps) {
    this.move(stepped(this.price, steps));
    this.#overlay.hold(this.price);
  }

  #listenToPointer() {
    let from = null;
    const { grip, tag, text } = this.#parts;
    for (const part of [grip, tag, text]) {
      part.addEventListener("pointerdown", (event) => {
        const at = this.#overlay.y(this.price);
        if (event.button !== 0 || this.#isBusy || at === null) return;
        from = { y: event.clientY, at };
        part.setPointerCapture(event.pointerId);
        event.preventDefault();
        this.focus();
      });
      part.addEventListener("pointermove", ({ clientY }) => {
        const price = from && clientY !== from.y ? this.#overlay.price(from.at + clientY - from.y) : null;
        if (price !== null) this.move(price);
      });
      for (const name of ["pointerup", "pointercancel"])
        part.addEventListener(name, () => {
          if (from) this.#overlay.hold(this.price);
          from = null;
        });
    }
    grip.addEventListener("focus", () => from || this.#overlay.hold(this.price));
  }

  // What is done

  #act(act) {
    if (!act || this.#isBusy) return;
    clearTimeout(this.#resting);
    if (act === "keep" && this.isMoved) this.#busy(this.#hears.keep(this));
    else if (act === "back") this.#back();
    else if (act === "remove") this.#busy(this.#hears.remove(this));
    else if (act === "ask" || act === "stay") this.#ask(act === "ask");
  }

  #ask(isAsked) {
    if (isAsked && this.isNew) return this.#back();
    this.element.toggleAttribute("data-asks", isAsked);
    if (isAsked) {
      announce(`Delete the alert at ${priceText(this.price)}?`);
      this.#parts.acts.querySelector("[data-act=remove]").focus();
    } else this.focus();
    return undefined;
  }

  #back() {
    if (!this.isMoved) return this.element.closest(".chart-box").focus();
    this.#overlay.hold(null);
    this.price = this.level.price;
    if (this.isNew) return this.#hears.drop(this);
    this.paint();
    this.#tellValue();
    announce(`Put back to ${priceText(this.price)}.`);
    return this.focus();
  }

  /** While an answer is out, nothing else is done to it. */
  async #busy(doing) {
    this.#isBusy = true;
    this.element.toggleAttribute("data-busy", true);
    await doing;
    this.#isBusy = false;
    this.element.toggleAttribute("data-busy", false);
    this.element.removeAttribute("data-asks");
    if (this.element.isConnected) {
      this.paint();
      this.#tellValue();
      this.focus();
    }
  }
}

const ACTS = { keep: "Keep", back: "Put back", ask: "Delete …", remove: "Delete it", stay: "Leave it" };

function button(act) {
  const made = Object.assign(document.createElement("button"), { type: "button", className: "button small", textContent: ACTS[act] });
  made.dataset.act = act;
  return made;
}
