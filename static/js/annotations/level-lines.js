// Lines of alerts over a chart: what is watched at a price of its symbol. Rules come from and go to /api/alerts/; how each
// stands is on the board.

import { announce } from "../core/announcements.js";
import { store } from "../core/page.js";
import { fetched, sent } from "../transports/http.js";
import { stateText } from "../alerts/alert-text.js";
import { LevelLine } from "./level-line.js";
import { crossing, levelsOf, movedRule, newRule, stepped } from "./levels.js";

const API = "/api/alerts/";
const NEW = { key: "new", others: 0 };
const HINT = "Drag the line, or ↑ ↓ by one step, ⇧ by ten. Enter keeps it, Esc drops it.";
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
  /** The board may tell of what is saved before the answer does: it is drawn once. */
  #isSaving = false;
  /** Counts what was changed here: an answer from before that says nothing. */
  #turn = 0;
  #last = null;
  #isOld = false;

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
  }

  close() {
    this.#overlay.hold(null);
    for (const line of this.#lines.values()) line.close();
    this.#lines.clear();
    [this.#symbol, this.#levels, this.#known, this.#last] = [null, [], "", null];
    this.#turn += 1;
    this.#say("");
  }

  /** The last price of the symbol is `last`, null where none is known; with `isOld` it is no measure. */
  paint(last, isOld) {
    if (this.#symbol === null) return;
    [this.#last, this.#isOld] = [last, isOld];
    this.#check();
    const state = (rule) => store.get("alert_state", rule)?.state;
    const shown = this.#levels.filter(({ rule }) => state(rule) !== "expired" && !store.isGone("alert_state", rule));
    for (const level of shown) this.#line(level).show(level, stateText(state(level.rule)), last, isOld);
    const keys = new Set(shown.map(({ key }) => key));
    for (const [key, line] of this.#lines) {
      if (line.isNew) line.show(line.level, UNSAVED, last, isOld);
      else if (!keys.has(key)) this.#forget(line);
    }
  }

  place() {
    const lines = [...this.#lines.values()];
    for (const line of lines) line.place();
    for (const [side, way] of [["above", 1], ["below", -1]]) {
      const beyond = lines.filter((line) => line.beyond === side).sort((one, other) => way * (one.price - other.price));
      beyond.forEach((line, at) => line.cover(at ? null : beyond.length - 1));
    }
    for (const line of lines) if (!line.beyond) line.cover(0);
  }

  /** Ask for the rules when the board says that there are others. */
  async #check() {
    const known = store.all("alert_state").map(({ rule, version }) => `${rule}.${version}`).join(" ");
    if (known === this.#known || this.#isAsking || this.#isSaving) return;
    const turn = this.#turn;
    this.#isAsking = true;
    const answer = await fetched(API);
    this.#isAsking = false;
    if (turn !== this.#turn || !answer?.body?.alerts) return; // asked again with the next paint
    this.#known = known;
    this.#levels = levelsOf(answer.body.alerts, this.#symbol);
    this.paint(this.#last, this.#isOld);
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
    if (this.#lines.get(line.level.key) === line) this.#lines.delete(line.level.key);
    if (had) around.focus();
  }

  /** Draw a line at the last price. */
  draw() {
    if (this.#last === null) return this.#say("The last price is not known yet: there is nowhere to begin.");
    const price = stepped(this.#last);
    const line = this.#line({ ...NEW, is: crossing(price, this.#last), price });
    line.show(line.level, UNSAVED, this.#last, this.#isOld);
    line.focus();
    this.#say(HINT);
    announce(HINT);
    return undefined;
  }

  #drop(line) {
    this.#say("");
    this.#forget(line);
    announce("No alert was made.");
  }

  async #keep(line) {
    this.#isSaving = true;
    this.#turn += 1;
    const answer = await (line.isNew ? sent("POST", API, newRule(this.#symbol, line.price, line.last)) : this.#change(line));
    this.#isSaving = false;
    if (!this.#isDone(answer)) return;
    announce(`Alert saved. ${answer.body.text}`);
    this.#say("");
    this.#take(answer.body);
    if (!line.isNew) return;
    this.#lines.get(`${answer.body.id}.0`)?.focus();
    this.#forget(line);
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
    this.#turn += 1;
    this.#known = "";
    this.#levels = [...this.#levels.filter(({ rule }) => rule !== alert.id), ...levelsOf([alert], this.#symbol)];
    this.paint(this.#last, this.#isOld);
  }

  async #remove(line) {
    const answer = await sent("DELETE", API + line.level.rule);
    if (!this.#isDone(answer)) return;
    this.#turn += 1;
    this.#levels = this.#levels.filter(({ rule }) => rule !== line.level.rule);
    this.paint(this.#last, this.#isOld);
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
