// The form for an alert: a sentence of slots in a dialog. How the rule reads, and what is wrong with it, the desk says.

import { write } from "../core/render.js";
import { announce } from "../core/announcements.js";
import { sent } from "../transports/http.js";
import { PastLook } from "./past-look.js";
import { isMove, isRange, isSimple, isToldBy, leafParts, ruleJson, studyName, studyParts } from "./rule-form.js";

const API = "/api/alerts/";
const CHECK_MS = 400;
const MOST_LEAVES = 8;
const CELLS = ["symbol", "name", "is", "value", "high", "within", "category", "reads", "halt", "way", "impact", "minutes"];

export class RuleSheet {
  #list;
  #said;
  #dialog;
  #form;
  #before = null;
  #timer = 0;
  #checks = 0;
  #past;

  constructor(list, said) {
    this.#list = list;
    this.#said = said;
    this.#dialog = list.querySelector("dialog");
    this.#form = this.#dialog.querySelector("form");
    this.#past = new PastLook(this.#part("past"), this.#part("now"));
    this.#dialog.addEventListener("close", () => this.#leave());
    this.#form.addEventListener("submit", (event) => this.#save(event));
    this.#form.addEventListener("input", ({ target }) => this.#edited(target));
    this.#dialog.addEventListener("click", ({ target }) => this.#act(target.closest("[data-act]")));
    this.#dialog.addEventListener("keydown", (event) => this.#onKey(event));
  }

  /** Show the form: for a new alert on `symbol`, or for one that is there. */
  open(symbol, alert = null) {
    this.#before = alert;
    const rule = alert?.rule ?? { when: { all: [{ field: `${symbol || "QQQ"}.last`, is: "crosses_up", value: "" }] } };
    if (!isSimple(rule)) return this.#refuse();
    write(this.#part("title"), alert ? "Change alert" : "New alert");
    write(this.#part("sentence"), alert?.text ?? "Tell me when …");
    write(this.#part("error"), "");
    this.#past.drop();
    this.#fill(rule);
    if (!this.#dialog.open) this.#dialog.showModal();
    const first = this.#lines[0].querySelector(alert || symbol ? "[name=value]" : "[name=symbol]");
    first.focus();
    first.select();
    if (alert) this.#past.ask(rule);
    return undefined;
  }

  /** What was asked of a form that is closed nobody waits for. */
  #leave() {
    clearTimeout(this.#timer);
    this.#checks += 1;
    this.#past.drop();
  }

  #refuse() {
    const text = "This rule says more than the form can show. Change it by /api/alerts/.";
    write(this.#said(), text);
    announce(text);
  }

  #part(name) {
    return this.#dialog.querySelector(`[data-part=${name}]`);
  }

  get #lines() {
    return [...this.#dialog.querySelectorAll(".alert-leaf")];
  }

  get #ways() {
    return [...this.#form.querySelectorAll("[name=channel]")];
  }

  #fill(rule) {
    const form = this.#form.elements;
    this.#part("leaves").replaceChildren();
    for (const leaf of rule.when.all ?? rule.when.any) this.#add(leafParts(leaf));
    form.how.value = rule.when.any ? "any" : "all";
    form.session.value = rule.session ?? "regular";
    form.trigger.value = rule.trigger ?? "once";
    form.rearm.value = rule.rearm?.pct ?? "";
    form.expires.value = rule.expires ? new Date(rule.expires).toISOString().slice(0, 10) : "";
    form.note.value = rule.note ?? "";
    for (const box of this.#ways) box.checked = isToldBy(rule, box.value);
    if (form.quiet) form.quiet.value = (rule.quiet ?? []).join(", ");
    this.#arrange();
  }

  #add(parts) {
    const line = document.importNode(this.#list.querySelector("template[data-part=leaf]").content.firstElementChild, true);
    const cell = (name) => line.querySelector(`[name=${name}]`);
    const option = [...cell("field").options].find(({ value }) => matches(value, parts));
    if (option) cell("field").value = option.value;
    for (const name of CELLS) cell(name).value = parts[name] ?? cell(name).value;
    this.#showStudy(line);
    this.#part("leaves").append(line);
    return line;
  }

  /** Show the length and the bars of the study that a line names. */
  #showStudy(line) {
    const { length, bar } = studyParts(line.querySelector("[name=name]").value);
    line.querySelector("[name=length]").value = length;
    line.querySelector("[name=bar]").value = bar;
  }

  #edited(target) {
    const line = target.closest(".alert-leaf");
    if (line && target.name === "field") {
      const [subject, name] = target.value.split(" ");
      line.querySelector("[name=name]").value = name;
      this.#showStudy(line);
      const isEvent = target.selectedOptions[0].dataset.unit === "event";
      const comparator = line.querySelector("[name=is]");
      if (isEvent !== (comparator.value === "happens")) comparator.value = isEvent ? "happens" : "above";
      if (["account", "order", "desk"].includes(subject)) line.querySelector("[name=symbol]").value = "";
    }
    if (line && (target.name === "length" || target.name === "bar")) {
      const cell = (name) => line.querySelector(`[name=${name}]`);
      const { study } = studyParts(cell("name").value);
      cell("name").value = studyName({ study, length: cell("length").value.trim(), bar: cell("bar").value });
    }
    this.#arrange();
    this.#past.drop();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#check(), CHECK_MS);
  }

  /** Show what belongs to the choices that were made, and nothing else. */
  #arrange() {
    for (const line of this.#lines) {
      const is = line.querySelector("[name=is]").value;
      const [subject, field] = line.querySelector("[name=field]").value.split(" ");
      const { argument } = line.querySelector("[name=field]").selectedOptions[0]?.dataset ?? {};
      const isStudy = argument === "bar";
      line.querySelector("[data-of=bar]").hidden = !isStudy;
      line.querySelector("[data-of=length]").hidden = !isStudy || !/\d@/.test(line.querySelector("[name=field]").value);
      for (const label of line.querySelectorAll("[data-of=news]")) label.hidden = subject !== "news";
      for (const label of line.querySelectorAll("[data-of=impact]")) label.hidden = subject !== "news" || field !== "impact";
      line.querySelector("[data-of=range]").hidden = !isRange(is);
      line.querySelector("[data-of=moves]").hidden = !isMove(is);
      line.querySelector("[name=symbol]").parentElement.hidden = ["account", "order", "desk"].includes(subject);
      line.querySelector("[name=value]").placeholder = is === "happens" ? (subject === "news" ? "words" : "") : "";
      line.querySelector("[data-act=drop]").hidden = this.#lines.length === 1;
    }
    this.#form.querySelector("[data-of=each]").hidden = this.#form.elements.trigger.value !== "each";
    this.#form.querySelector("[data-act=and]").hidden = this.#lines.length >= MOST_LEAVES;
  }

  get #rule() {
    const leaves = this.#lines.map((line) => {
      const value = (name) => line.querySelector(`[name=${name}]`).value;
      const [subject] = value("field").split(" ");
      return { subject, ...Object.fromEntries(CELLS.map((name) => [name, value(name)])) };
    });
    const form = Object.fromEntries(["how", "session", "trigger", "rearm", "expires", "note"].map((name) => [name, this.#form.elements[name].value]));
    const channels = this.#ways.map(({ value, checked }) => ({ id: value, isChosen: checked }));
    const quiet = this.#form.elements.quiet?.value ?? "";
    return ruleJson({ leaves, ...form, channels, quiet }, this.#before?.rule);
  }

  /** Whether something was not written yet, which is no error while it is being written. */
  get #isUnfinished() {
    return this.#lines.some((line) => line.querySelector("[name=is]").value !== "happens" && !line.querySelector("[name=value]").value);
  }

  async #check() {
    const turn = ++this.#checks;
    const rule = this.#rule;
    const answer = await sent("POST", `${API}check`, rule);
    if (turn !== this.#checks || !answer) return;
    const { text, error } = answer.body ?? {};
    if (text) write(this.#part("sentence"), text);
    write(this.#part("error"), error && !this.#isUnfinished ? error.detail : "");
    if (text) this.#past.ask(rule);
  }

  async #save(event) {
    event.preventDefault();
    const button = this.#form.querySelector("[type=submit]");
    clearTimeout(this.#timer);
    this.#checks += 1;
    button.disabled = true; // until the answer is in
    const id = this.#before?.id;
    const answer = await sent(id ? "PUT" : "POST", id ? API + id : API, this.#rule);
    button.disabled = false;
    if (answer?.status === 200 || answer?.status === 201) {
      this.#dialog.close();
      write(this.#said(), "");
      announce(`Alert saved. ${answer.body.text}`);
      return;
    }
    write(this.#part("error"), answer?.body?.detail ?? "The desk does not answer. Nothing was saved; try again.");
  }

  #act(button) {
    if (!button) return;
    const { act } = button.dataset;
    if (act === "close") this.#dialog.close();
    else if (act === "and") this.#more();
    else if (act === "drop") {
      button.closest(".alert-leaf").remove();
      this.#edited(this.#form);
    }
  }

  #more() {
    const last = this.#lines.at(-1).querySelector("[name=symbol]").value;
    const line = this.#add({ subject: "symbol", symbol: last, name: "last", is: "above", value: "", high: "", within: "" });
    this.#arrange();
    line.querySelector("[name=field]").focus();
  }

  #onKey(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.#form.requestSubmit();
    }
  }
}

/** Whether a choice of the form names this field. */
function matches(value, { subject, name }) {
  const [about, written] = value.split(" ");
  const bare = (text) => text.split("@")[0].replace(/\d+$/, "");
  const isSame = about === subject || (about === "option" && subject === "symbol");
  return isSame && bare(written) === bare(name);
}
