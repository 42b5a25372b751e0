// <chart-annotations>: what lies over the picture of a chart, marks of news, lines of alerts and of what is held; and
// what its head says of the market.

import { LevelLines } from "./level-lines.js";
import { NewsMarks } from "./news-marks.js";
import { Overlay } from "./overlay.js";
import { positionLines } from "./position-lines.js";
import { LiveElement } from "../core/live-element.js";
import { renderer, store } from "../core/page.js";
import { clock } from "../core/format.js";
import { preference } from "../core/preferences.js";
import { write } from "../core/render.js";
import { regimeText } from "./regime-text.js";

/** Which of them this browser does not show. */
const HIDDEN = "tapedeck.chart.hidden";
/** How a chart is whose price may be measured from. */
const WELL = ["live", "closed", "delayed"];

class ChartAnnotations extends LiveElement {
  #chart = null;
  #overlay = new Overlay(() => this.#place());
  #canvas = null;
  #symbol = "";
  #layers = {};
  #stops = [];

  /** The boxes are called like the topics that bring what they show. */
  get demand() {
    const topics = this.#boxes.filter(({ checked }) => checked).map(({ value }) => value);
    return { topics, insights: this.#symbol ? [this.#symbol] : [] };
  }

  get hears() {
    return ["alert_state", "position", "insight"];
  }

  connectedCallback() {
    this.#chart = this.closest("price-chart");
    this.#layers = { news: new NewsMarks(this, this.#overlay), alerts: new LevelLines(this, this.#overlay) };
    const hidden = (localStorage.getItem(HIDDEN) ?? "").split(" ");
    for (const box of this.#boxes) box.checked = !hidden.includes(box.value);
    super.connectedCallback();
    this.#stops = [
      this.#hear(this.#chart, "change", ({ target }) => target.name === "annotation" && this.#choose()),
      this.#hear(this.#chart, "click", ({ target }) => target.closest("[data-act=alert]") && this.#draw()),
      this.#hear(this.parentElement, "keydown", (event) => this.#onKey(event)),
      this.#hear(document, "preference", () => this.paint()),
    ];
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    for (const stop of this.#stops) stop();
    for (const layer of Object.values(this.#layers)) layer.close();
    this.replaceChildren();
    this.#canvas = null;
    this.#symbol = "";
  }

  #hear(target, name, heard) {
    target.addEventListener(name, heard);
    return () => target.removeEventListener(name, heard);
  }

  get #boxes() {
    return [...this.#chart.querySelectorAll("[name=annotation]")];
  }

  /** What the chart shows is another symbol, other bars or another picture. */
  #view() {
    const { view } = this.#chart;
    if (view.canvas && view.canvas !== this.#canvas) view.canvas.attach(this.#overlay);
    this.#canvas = view.canvas;
    if (view.canvas && view.symbol !== this.#symbol) this.#follow(view.symbol);
    if (view.canvas) this.#layers.news.show(view);
  }

  #follow(symbol) {
    this.#symbol = symbol;
    this.start();
    for (const { value, checked } of this.#boxes) this.#layers[value].follow(checked ? symbol : null);
    renderer.mark(this);
  }

  #choose() {
    const hidden = this.#boxes.filter(({ checked }) => !checked).map(({ value }) => value);
    localStorage.setItem(HIDDEN, hidden.join(" "));
    this.#follow(this.#symbol);
    this.paint();
  }

  /** Put a line where the price is, to be moved and kept. */
  #draw() {
    const box = this.#boxes.find(({ value }) => value === "alerts");
    if (!box.checked) {
      box.checked = true;
      this.#choose();
    }
    this.#layers.alerts.draw();
  }

  #place() {
    this.style.setProperty("--width", `${this.#overlay.size.width}px`);
    for (const layer of Object.values(this.#layers)) layer.place();
    queueMicrotask(() => this.#view()); // not while the library draws
  }

  paint() {
    this.#view();
    this.#sayRegime();
    if (!this.#canvas) return;
    this.#layers.alerts.paint(store.get("quote", this.#symbol)?.last ?? null, !WELL.includes(this.#chart.dataset.state));
    this.#layers.news.paint();
    this.#canvas.lines(preference("private") ? [] : positionLines(store.all("position"), this.#symbol));
  }

  #sayRegime() {
    const isLive = this.#chart.dataset.state === "live";
    write(this.#chart.querySelector(".regime"), regimeText(store.get("insight", this.#symbol), Date.now(), isLive, clock));
  }

  #onKey(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !preference("keys")) return;
    if (event.key === "a") this.#draw();
    else if (event.key === "[" || event.key === "]") this.#layers.news.step(event.key === "]" ? 1 : -1);
    else return;
    event.preventDefault();
  }
}

customElements.define("chart-annotations", ChartAnnotations);
