// The picture of a payoff: what legs earn by the price of their underlying, at expiry and on one day before.

import { fixed, gain } from "../core/format.js";
import { stepOf } from "./view.js";

const SVG = "http://www.w3.org/2000/svg";
/** So many dollars a picture shows at least. */
const LEAST = 10;
/** Room for the figures beside and below the curves (CSS pixels). */
const [LEFT, RIGHT, TOP, BOTTOM] = [52, 10, 22, 20];

const ticks = (from, to, step) =>
  Array.from({ length: Math.floor(to / step) - Math.ceil(from / step) + 1 }, (_, at) => (Math.ceil(from / step) + at) * step);

export class PayoffChart {
  #svg;
  #shown = null;
  #cross = null;

  constructor(svg) {
    this.#svg = svg;
    svg.addEventListener("pointermove", (event) => this.#point(event.offsetX));
    svg.addEventListener("pointerleave", () => this.#point(null));
  }

  /** Draw {points: [{spot, end, then}], spot, breakevens, strikes, label, then (its name)}; null is not drawn. */
  draw(shown) {
    this.#shown = shown;
    const { clientWidth: width, clientHeight: height } = this.#svg;
    if (!width || !shown) return;
    const { points } = shown;
    const [from, to] = [points[0].spot, points.at(-1).spot];
    const values = points.flatMap(({ end, then }) => [end, then]).filter((one) => one !== null);
    const [low, high] = bounds(values);
    const x = (spot) => LEFT + ((spot - from) / (to - from)) * (width - LEFT - RIGHT);
    const y = (earned) => TOP + ((high - earned) / (high - low)) * (height - TOP - BOTTOM);
    this.#cross = { x, from, to, width };
    this.#svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.#svg.setAttribute("aria-label", shown.label);
    this.#svg.replaceChildren(
      ...grid({ x, y, from, to, low, high, width, height }),
      ...areas(points, x, y),
      line("zero", LEFT, y(0), width - RIGHT, y(0)),
      ...shown.strikes.filter((one) => one > from && one < to).map((one) => line("strike", x(one), y(0) - 4, x(one), y(0) + 4)),
      curve("then", points, "then", x, y),
      curve("end", points, "end", x, y),
      ...shown.breakevens.filter((one) => one > from && one < to).map((one) => dot(x(one), y(0))),
      ...(shown.spot > from && shown.spot < to ? [line("spot", x(shown.spot), TOP, x(shown.spot), height - BOTTOM)] : []),
      line("cross", -9, TOP, -9, height - BOTTOM),
      text("legend mine", width - RIGHT, 13, "", "end"),
    );
    this.#point(null);
  }

  /** Tell what is earned where the pointer is; without one, what the curves are. */
  #point(at) {
    if (!this.#cross) return;
    const { x, from, to, width } = this.#cross;
    const { points, then, spot } = this.#shown;
    const legend = this.#svg.querySelector(".legend");
    const wanted = at === null ? spot : from + ((at - LEFT) / (width - LEFT - RIGHT)) * (to - from);
    const place = wanted == null ? null : nearest(points, wanted);
    const cross = this.#svg.querySelector(".cross");
    for (const name of ["x1", "x2"]) cross.setAttribute(name, at === null || !place ? -9 : x(place.spot));
    const told = place ? `${fixed(place.spot, 2)}: ` : "";
    legend.textContent = `${told}${then} ${gain(place?.then)} · expiry ${gain(place?.end)}`;
  }
}

const nearest = (points, spot) =>
  points.reduce((best, one) => (Math.abs(one.spot - spot) < Math.abs(best.spot - spot) ? one : best));

function bounds(values) {
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
  const room = Math.max(high - low, LEAST) * 0.06;
  return [low - room, Math.max(high, low + LEAST) + room];
}

function made(name, attributes, words) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (words !== undefined) element.textContent = words;
  return element;
}

const line = (kind, x1, y1, x2, y2) => made("line", { class: kind, x1, y1, x2, y2 });
const dot = (cx, cy) => made("circle", { class: "breakeven", cx, cy, r: 3.5 });
const text = (kind, x, y, words, anchor) => made("text", { class: kind, x, y, "text-anchor": anchor }, words);

function grid({ x, y, from, to, low, high, width, height }) {
  const across = ticks(from, to, stepOf(to - from, Math.max(2, (width - LEFT) / 80)));
  const up = ticks(low, high, stepOf(high - low, 5));
  const places = across.some((one) => one % 1) ? 1 : 0;
  return [
    ...up.map((one) => line("grid", LEFT, y(one), width - RIGHT, y(one))),
    ...up.map((one) => text("mine", LEFT - 6, y(one) + 4, gain(one), "end")),
    ...across.map((one) => text("", x(one), height - 6, fixed(one, places), "middle")),
  ];
}

const known = (points, name) => points.filter((point) => point[name] !== null);
const path = (places) => places.map(([x, y], at) => `${at ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");

function curve(kind, points, name, x, y) {
  return made("path", { class: kind, d: path(known(points, name).map((point) => [x(point.spot), y(point[name])])) });
}

/** What is earned and what is lost at expiry, filled. */
function areas(points, x, y) {
  const ends = known(points, "end");
  if (ends.length === 0) return [];
  const [first, last] = [[x(ends[0].spot), y(0)], [x(ends.at(-1).spot), y(0)]];
  const filled = (kind, bound) =>
    made("path", { class: kind, d: `${path([first, ...ends.map(({ spot, end }) => [x(spot), y(bound(0, end))]), last])}Z` });
  return [filled("earned", Math.max), filled("lost", Math.min)];
}
