// Lines of alerts over a chart: what is watched at a price of its symbol. Rules come from and go to /api/alerts/; how each
// stands is on the board.

import { announce } from "../core/announcements.js";
import { connection, store } from "../core/page.js";
import { fetched, sent } from "../transports/http.js";
import { stateText } from "../alerts/alert-text.js";
import { LevelLine } from "./level-line.js";
import { crossing, levelsOf, movedRule, newRule, stepped } from "./levels.js";

const API = "/api/alerts/";
const NEW = { key: "new", others: 0 };
const UNSAVED = { word: "○ not saved", tone: "none" };

export class LevelLines {
  #box = document.createElement("div");
  #said = document.createElement("p");
  #overlay;
  #symbol = null;
  #lines = new Map();
  #levels = [];
  #known = "";
  #isAsking = false;
  #last = null;
  #stop = () => {};

  constructor(around, overlay) {
    this.#overlay = overlay;
    this.#box.className = "chart-levels";
    this.#said.className = "level-said";
    around.append(this.#box, this.#said);
    this.#box.addEventListener("focusout", ({ relatedTarget }) => this.#box.contains(relatedTarget) || overlay.hold(null));
  }

  /** Show what is watched of `symbol` from now on; of null, nothing. */
  follow(symbol) {
    if (symbol === this.#symbol) return;
    this.close();
    this.#symbol = symbol;
    if (symbol !== null) this.#stop = connection.subscribe({ topics: ["alerts"] });
  }

  close() {
    this.#stop();
    this.#stop = () => {};
    this.#overlay.hold(null);
    for (const line of this.#lines.values()) line.close();
    this.#lines.clear();
    [this.#symbol, this.#levels, this.#known, this.#last] = [null, [], "", null];
    this.#say("");
  }

  /** The last price of the symbol is `last`, null where none is known. */
  paint(last) {
    if (this.#symbol === null) return;
    this.#last = last;
    this.#check();
    const states = new Map(store.all("alert_state").map((state) => [state.rule, state]));
    const shown = this.#levels.filter(({ rule }) => states.has(rule) && states.get(rule).state !== "expired");
    for (const level of shown) this.#line(level).show(level, stateText(states.get(level.rule).state), last);
    const keys = new Set(shown.map(({ key }) => key));
    for (const [key, line] of this.#lines) {
      if (line.isNew) line.show(line.level, UNSAVED, last);
      else if (!keys.has(key)) this.#forget(line);
    }
  }

  place() {
    for (const line of this.#lines.values()) line.place();
  }

  /** Ask for the rules when the board says that there are others. */
  async #check() {
    const known = store.all("alert_state").map(({ rule, version }) => `${rule}.${version}`).join(" ");
    if (known === this.#known || this.#isAsking) return;
    const symbol = this.#symbol;
    this.#isAsking = true;
    const answer = await fetched(API);
    this.#isAsking = false;
    if (symbol !== this.#symbol) return;
    if (!answer?.body?.alerts) return;
    this.#known = known;
    this.#levels = levelsOf(answer.body.alerts, symbol);
    this.paint(this.#last);
  }

  #line(level) {
    let line = this.#lines.get(level.key);
    if (line) return line;
    line = new LevelLine(level, this.#overlay, {
      keep: (one) => this.#keep(one),
      drop: (one) => this.#drop(one),
      remove: (one) => this.#remove(one),
      turn: (one) => (one.level.is = crossing(one.price, one.last)),
    });
    this.#lines.set(level.key, line);
    this.#box.append(line.element);
    return line;
  }

  #forget(line) {
    const had = line.element.contains(document.activeElement);
    const around = line.element.closest(".chart-box");
    line.close();
    this.#lines.delete(line.level.key);
    if (had) around.focus();
  }

  /** Draw a line at the last price. */
  draw() {
    if (this.#last === null) return this.#say("The last price is not known yet: there is nowhere to begin.");
    const price = stepped(this.#last);
    const line = this.#line({ ...NEW, is: crossing(price, this.#last), price });
    line.show(line.level, UNSAVED, this.#last);
    line.focus();
    this.#say("Drag the line, or ↑ ↓ by one step, ⇧ by ten. Enter keeps it, Esc drops it.");
    return undefined;
  }

  #drop(line) {
    this.#say("");
    this.#forget(line);
    announce("No alert was made.");
  }

  async #keep(line) {
    const answer = line.isNew ? await sent("POST", API, newRule(this.#symbol, line.price, line.last)) : await this.#change(line);
    if (!this.#isDone(answer)) return;
    announce(`Alert saved. ${answer.body.text}`);
    if (line.isNew) {
      this.#take(answer.body);
      this.#forget(line);
      this.#lines.get(`${answer.body.id}.0`)?.focus();
    } else line.level = { ...line.level, price: line.price, version: answer.body.version };
    this.#known = "";
    this.#overlay.hold(null);
  }

  /** Change the rule as it is now, which may be another one than when the line was drawn. */
  async #change(line) {
    const { rule } = line.level;
    const now = await fetched(API + rule);
    if (now?.status !== 200) return now;
    const moved = movedRule(now.body.rule, line.level, this.#symbol, line.price);
    if (!moved) return { status: 409, body: { detail: "This alert was changed elsewhere. Put the line back to see it as it is." } };
    return sent("PUT", API + rule, moved);
  }

  #take(alert) {
    this.#levels = [...this.#levels, ...levelsOf([alert], this.#symbol)];
    this.paint(this.#last);
  }

  async #remove(line) {
    const answer = await sent("DELETE", API + line.level.rule);
    if (!this.#isDone(answer)) return;
    this.#levels = this.#levels.filter(({ rule }) => rule !== line.level.rule);
    this.paint(this.#last);
    announce("The alert is deleted. What it fired stays in the list.");
  }

  #isDone(answer) {
    const isDone = answer?.status === 200 || answer?.status === 201;
    const text = isDone ? "" : (answer?.body?.detail ?? "The desk does not answer. Nothing was saved; try again.");
    this.#say(text);
    if (text) announce(text);
    return isDone;
  }

  #say(text) {
    this.#said.textContent = text;
    this.#said.hidden = !text;
  }
}
