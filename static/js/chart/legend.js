// The legend of a chart: the bar under the crosshair, or the newest, and what its indicators say of it.

import { count, direction, fixed, isKnown, percent, price } from "../core/format.js";
import { place } from "./candles.js";
import { INDICATORS } from "./indicators.js";
import { barTime } from "./sessions.js";
import { mark, write } from "../core/render.js";

export class ChartLegend {
  #chart;
  #values;
  #cells = {};
  #time = null;

  /** `chart` holds the cells marked data-bar="open" and so on, and the place of the indicators. */
  constructor(chart) {
    this.#chart = chart.querySelector(".chart-legend");
    this.#values = chart.querySelector(".chart-values");
    for (const cell of chart.querySelectorAll("[data-bar]")) this.#cells[cell.dataset.bar] = cell;
  }

  /** Point at the bar of this time (ms), or with null at the newest. */
  point(time) {
    this.#time = time;
  }

  /** The index of the bar that is pointed at. */
  at(bars) {
    return this.#time === null ? bars.length - 1 : Math.min(place(bars, this.#time), bars.length - 1);
  }

  show(bars, length, indicators) {
    const at = this.at(bars);
    const [bar, before] = [bars[at], bars[at - 1]];
    const move = isKnown(bar?.close) && before?.close ? (bar.close / before.close - 1) * 100 : null;
    mark(this.#chart, "data-way", direction(move));
    const texts = {
      when: bar ? barTime(bar.time, length) : "",
      open: price(bar?.open),
      high: price(bar?.high),
      low: price(bar?.low),
      close: price(bar?.close),
      volume: count(bar?.volume),
      change: percent(move),
    };
    for (const [name, text] of Object.entries(texts)) write(this.#cells[name], text);
    indicators.forEach(({ indicator }, index) => {
      const values = (indicator.rows[at] ?? [null]).map((value) => fixed(value, 2));
      write(this.#values.children[index].lastElementChild, values.join(" "));
    });
  }

  /** Name these indicators, each with a key of the colour it is drawn in. */
  name(indicators) {
    const named = indicators.map(({ name, ink }) => {
      const [entry, label, values] = ["span", "b", "span"].map((tag) => document.createElement(tag));
      entry.style.setProperty("--ink", `var(--chart-${ink})`);
      label.textContent = INDICATORS[name].label;
      entry.append(label, " ", values);
      return entry;
    });
    this.#values.replaceChildren(...named);
  }
}
