// <desk-grid data-focus="QQQ">: the panels of the desk on twelve columns. Locked until somebody arranges them: then each
// has a bar of buttons, can be dragged by it and sized by its corner, and arrow keys move (with Shift: size) it.

import { dragging } from "./panel-drag.js";
import { moved, placed, put, read, sized, placeText, written } from "./layout.js";
import { announce, notify } from "../core/announcements.js";
import { sent } from "../transports/http.js";

const SCREENS = { phone: "(width < 700px)", laptop: "(700px <= width < 1400px)", wide: "(width >= 1400px)" };
/** Changes within this time are saved together (ms). */
const SAVE_MS = 400;
/** What the keyboard comes to. Who scrolls a panel by keyboard needs one of these in it, or the panel itself. */
const REACHED = "a[href], button, input, select, [tabindex]";
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
/** What each button of a panel's bar does to a layout. */
const ACTS = {
  earlier: (layout, name) => moved(layout, name, -1),
  later: (layout, name) => moved(layout, name, 1),
  narrower: (layout, name) => sized(layout, name, -1, 0),
  wider: (layout, name) => sized(layout, name, 1, 0),
  shorter: (layout, name) => sized(layout, name, 0, -1),
  taller: (layout, name) => sized(layout, name, 0, 1),
  hide: (layout, name) => put(layout, name, true),
};

class DeskGrid extends HTMLElement {
  #layouts = {};
  #saving = 0;
  #grid;

  connectedCallback() {
    this.#grid = this.querySelector(".desk");
    dragging(this.#grid, {
      place: (name, other) => this.#change(placed(this.#layout, name, other)),
      size: (name, columns, rows) => this.#change(sized(this.#layout, name, columns, rows)),
      done: (name) => this.#tell(name),
    });
    this.addEventListener("click", (event) => this.#click(event.target.closest("[data-act]")));
    this.addEventListener("keydown", (event) => this.#key(event));
    document.addEventListener("arrange", () => this.#arrange(!this.isArranging));
    document.addEventListener("reset-layout", () => this.#reset());
    addEventListener("pagehide", () => this.#saving && this.#save());
    for (const query of Object.values(SCREENS)) matchMedia(query).addEventListener("change", () => this.#show());
    for (const screen of Object.keys(SCREENS)) {
      const places = this.#cells.map((cell) => read(cell.dataset.panel, cell.dataset[screen]));
      this.#layouts[screen] = places.sort((a, b) => a.number - b.number).map(({ number, ...place }) => place);
    }
    this.#order();
    for (const panel of this.querySelectorAll(".cell > .panel")) if (!panel.querySelector(REACHED)) panel.tabIndex = 0;
  }

  get isArranging() {
    return this.hasAttribute("data-arranging");
  }

  get #screen() {
    return Object.keys(SCREENS).find((screen) => matchMedia(SCREENS[screen]).matches);
  }

  get #layout() {
    return this.#layouts[this.#screen];
  }

  get #cells() {
    return [...this.querySelectorAll(".cell")];
  }

  #cell(name) {
    return this.querySelector(`.cell[data-panel="${name}"]`);
  }

  // Arranging

  #arrange(isOn) {
    this.toggleAttribute("data-arranging", isOn);
    for (const cell of this.#cells) this.#equip(cell, isOn);
    const bar = this.querySelector(".desk-bar");
    bar.hidden = !isOn;
    this.#show();
    if (isOn) {
      bar.querySelector("[data-act=done]").focus();
      announce("Panels can be moved now. Arrow keys move the panel whose button has the focus, with Shift they size it.");
    } else {
      announce("The panels are locked.");
      document.getElementById("page").focus();
    }
  }

  #equip(cell, isOn) {
    for (const panel of cell.querySelectorAll(":scope > :not(.cell-bar)")) panel.inert = isOn;
    cell.querySelector(":scope > .cell-bar")?.remove();
    if (!isOn) return;
    const bar = document.importNode(this.querySelector("template.cell-tools").content.firstElementChild, true);
    bar.setAttribute("aria-label", `Place of ${cell.getAttribute("aria-label")}`);
    bar.querySelector(".cell-name").textContent = cell.getAttribute("aria-label");
    cell.prepend(bar);
  }

  #click(button) {
    const { act, panel } = button?.dataset ?? {};
    if (act === "done") return this.#arrange(false);
    if (act === "reset") return this.#reset();
    if (act === "bring") return this.#bring(panel);
    const cell = button?.closest(".cell-bar") && button.closest(".cell");
    return cell && this.#act(cell.dataset.panel, ACTS[act], button);
  }

  #key(event) {
    if (!this.isArranging || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") return this.#arrange(false);
    const cell = event.target.closest(".cell");
    const [x, y] = ARROWS[event.key] ?? [];
    if (!cell || x === undefined) return;
    event.preventDefault();
    const act = event.shiftKey ? (layout, name) => sized(layout, name, x, y) : (layout, name) => moved(layout, name, x + y);
    this.#act(cell.dataset.panel, act, event.target);
  }

  #act(name, act, button) {
    this.#change(act(this.#layout, name));
    const isGone = this.#layout.find((place) => place.name === name).hidden;
    if (isGone) this.querySelector(".desk-bar [data-act=done]").focus();
    else button.focus();
    this.#tell(name);
  }

  #bring(name) {
    this.#change(put(this.#layout, name, false));
    this.#cell(name).querySelector(".cell-bar button").focus();
    this.#tell(name);
  }

  #tell(name) {
    const { hidden } = this.#layout.find((place) => place.name === name);
    announce(`${this.#cell(name).getAttribute("aria-label")}: ${hidden ? "put away" : placeText(this.#layout, name)}`);
  }

  // Showing and saving

  #change(layout) {
    this.#layouts[this.#screen] = layout;
    this.#show();
    clearTimeout(this.#saving);
    this.#saving = setTimeout(() => this.#save(), SAVE_MS);
  }

  #show() {
    this.#layout.forEach((place, at) => {
      this.#cell(place.name).dataset[this.#screen] = written(place, at + 1);
    });
    this.#order();
    const away = this.#layout.filter(({ hidden }) => hidden);
    this.querySelector(".desk-away").replaceChildren(...away.map(({ name }) => this.#returning(name)));
  }

  #returning(name) {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "button small", textContent: `Show ${this.#cell(name).getAttribute("aria-label")}` });
    Object.assign(button.dataset, { act: "bring", panel: name });
    return button;
  }

  /** Have the keyboard come to panels in the order in which they stand, where a browser can move what lives. */
  #order() {
    if (!this.#grid.moveBefore) return;
    let next = null;
    for (const { name } of this.#layout.toReversed()) {
      const cell = this.#cell(name);
      if (cell.nextElementSibling !== next) this.#grid.moveBefore(cell, next);
      next = cell;
    }
  }

  async #save() {
    clearTimeout(this.#saving);
    this.#saving = 0;
    const answer = await sent("PUT", `/api/desk/layout/${this.#screen}`, { panels: this.#layout });
    if (answer?.status !== 200) notify("connection", "The layout could not be saved.");
  }

  async #reset() {
    const screen = this.#screen;
    clearTimeout(this.#saving);
    this.#saving = 0;
    const answer = await sent("DELETE", `/api/desk/layout/${screen}`);
    if (answer?.status !== 200) return notify("connection", "The layout could not be reset.");
    this.#layouts[screen] = answer.body.panels.filter(({ name }) => this.#cell(name));
    this.#show();
    return announce("The panels stand as they did at first.");
  }
}

customElements.define("desk-grid", DeskGrid);
