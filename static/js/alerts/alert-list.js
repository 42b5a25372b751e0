// <alert-list>: a person's alerts, how each stands, and the form for one. What stands on the board is shown as it is
// said; rules are changed by /api/alerts/ alone.

import { announce } from "../core/announcements.js";
import { circumstances, clock, renderer, store } from "../core/page.js";
import { focused } from "../core/focus.js";
import { linkVerdict, socketVerdict, bestLink } from "../core/freshness.js";
import { LiveElement } from "../core/live-element.js";
import { mark, write } from "../core/render.js";
import { fetched, sent } from "../transports/http.js";
import { AGAIN_MS, outcomes } from "./outcomes.js";
import { moreText, stateText } from "./alert-text.js";
import { RuleSheet } from "./rule-sheet.js";

const SNOOZE_S = 3600;
const API = "/api/alerts/";

class AlertList extends LiveElement {
  #sheet = null;
  #isLoaded = false;
  #fired = "";
  #told = new Map();
  #again = 0;
  #onNew = ({ detail }) => this.#create(detail?.symbol);

  get demand() {
    return { topics: ["alerts", "links"] };
  }

  get hears() {
    return ["alert_state", "link"];
  }

  connectedCallback() {
    super.connectedCallback();
    this.#sheet ??= new RuleSheet(this, () => this.#part("said"));
    document.addEventListener("new-alert", this.#onNew);
    this.addEventListener("click", ({ target }) => this.#act(target.closest("[data-act]")));
    this.addEventListener("keydown", (event) => this.#onKey(event));
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    document.removeEventListener("new-alert", this.#onNew);
    clearTimeout(this.#again);
  }

  #part(name) {
    return this.querySelector(`[data-part=${name}]`);
  }

  get #rows() {
    return [...this.#part("rows").children];
  }

  paint() {
    const now = clock.now();
    const alerts = store.all("alert_state");
    this.#judge();
    if (!this.#isLoaded && !alerts.length) return;
    this.#isLoaded = true;
    const known = new Map(this.#rows.map((row) => [row.dataset.rule, row]));
    for (const alert of alerts) {
      const row = known.get(alert.rule) ?? this.#added(alert.rule);
      known.delete(alert.rule);
      this.#show(row, alert, now);
    }
    for (const [rule, row] of known) if (store.isGone("alert_state", rule)) row.remove();
    this.#note(alerts.filter(({ fired }) => fired).map(({ rule, fired }) => `${rule} ${fired}`).join());
    this.#part("empty").hidden = this.#rows.length > 0;
    const armed = alerts.filter(({ state }) => state === "armed" || state === "waiting").length;
    write(this.#part("armed"), `${armed} armed of ${this.#rows.length}`);
  }

  /** Ask what became of the messages of firings, when there are others than before. */
  #note(fired) {
    if (fired === this.#fired) return;
    this.#fired = fired;
    if (fired) this.#follow();
  }

  async #follow() {
    clearTimeout(this.#again);
    const found = await outcomes("rule", clock.now());
    if (!this.isConnected) return;
    if (found) {
      this.#told = found.texts;
      renderer.mark(this);
    }
    if (found?.isWaiting ?? true) this.#again = setTimeout(() => this.#follow(), AGAIN_MS);
  }

  /** Alerts are as good as the links that they look at; each says by itself what it cannot check. */
  #judge() {
    const { socket, links, now } = circumstances();
    const link = bestLink(links);
    this.judge(socketVerdict(socket, now) ?? (link ? linkVerdict(link, now) : { state: "none", word: "no link", note: "" }));
  }

  #added(rule) {
    const row = document.importNode(this.querySelector("template[data-part=row]").content.firstElementChild, true);
    row.dataset.rule = rule;
    this.#part("rows").append(row);
    return row;
  }

  #show(row, alert, now) {
    const part = (name) => row.querySelector(`[data-part=${name}]`);
    const { word, tone } = stateText(alert.state);
    mark(row, "data-state", tone);
    row.dataset.version = alert.version;
    write(part("word"), word);
    write(part("text"), alert.text ?? "");
    write(part("more"), moreText(alert, now));
    write(part("told"), alert.fired ? (this.#told.get(alert.rule) ?? "") : "");
    write(part("note"), alert.note ?? "");
    const isArmed = ["armed", "waiting", "cannot_check", "snoozed"].includes(alert.state);
    write(row.querySelector("[data-act=rest]"), isArmed ? "Rest" : "Arm");
    write(row.querySelector("[data-act=snooze]"), alert.state === "snoozed" ? "Wake" : "Snooze 1 h");
    row.dataset.armed = isArmed ? "1" : "";
    row.dataset.snoozed = alert.state === "snoozed" ? "1" : "";
  }

  // What is done

  #onKey(event) {
    const row = event.target.closest?.("[data-rule]");
    if (!row || event.target !== row || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = { Enter: "edit", z: "snooze", " ": "rest", Delete: "delete" }[event.key];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!act && !step) return;
    event.preventDefault();
    if (step) this.#rows[this.#rows.indexOf(row) + step]?.focus();
    else this.#act(row.querySelector(`[data-act=${act}]`));
  }

  #act(button) {
    if (!button) return;
    const { act } = button.dataset;
    const row = button.closest("[data-rule]");
    if (act === "new") this.#create();
    else if (row) this.#change(row, act, button);
  }

  #create(symbol = focused()) {
    this.#sheet.open(symbol ?? "");
  }

  async #change(row, act, button) {
    const { rule } = row.dataset;
    if (act === "edit") {
      const answer = await fetched(API + rule);
      if (answer?.status === 200) this.#sheet.open("", answer.body);
      else this.#say(answer);
      return;
    }
    button.disabled = true; // until the answer is in
    const answer = await this.#asked(row, act);
    button.disabled = false;
    if (act === "delete" && answer?.status === 200) row.remove();
    this.#say(answer, { rest: "", snooze: "", delete: "The alert is deleted. What it fired stays in the list." }[act]);
  }

  #asked(row, act) {
    const { rule, armed, snoozed } = row.dataset;
    if (act === "delete") return sent("DELETE", API + rule);
    if (act === "rest") return sent("POST", `${API}${rule}/arm`, { armed: !armed });
    return sent("POST", `${API}${rule}/snooze`, { seconds: snoozed ? 0 : SNOOZE_S });
  }

  #say(answer, done = "") {
    const failed = !answer || answer.status >= 400;
    const text = failed ? (answer?.body?.detail ?? "The desk does not answer. Try again.") : done;
    write(this.#part("said"), text);
    if (text) announce(text);
  }
}

customElements.define("alert-list", AlertList);
