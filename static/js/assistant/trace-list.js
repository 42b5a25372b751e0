// The tools that an answer asked: what each was asked, what came back, how old that was, how long it took.

import { write } from "../core/render.js";
import { made } from "./elements.js";
import { answeredText, argumentsText, traceText } from "./trace-text.js";

export class TraceList {
  element = made("details", { className: "trace", hidden: true });
  #summary = made("summary");
  #list = made("ol");
  #calls = new Map();

  constructor() {
    this.element.append(this.#summary, this.#list);
  }

  /** The call of this number: {call, tool, title, at, …}; undefined where there was none. */
  call(number) {
    return this.#calls.get(number);
  }

  /** A tool is asked: {call, tool, title, arguments}. */
  ask(asked) {
    const name = made("code", {}, asked.tool);
    const about = made("span", {}, name, " ", made("small", {}, argumentsText(asked.arguments)));
    const [said, took] = [made("span", { className: "trace-said" }, "asking"), made("span", { className: "number" }, "")];
    const line = made("li", { tabIndex: -1 }, about, said, took);
    this.#list.append(line);
    this.#calls.set(asked.call, { ...asked, line });
    this.element.hidden = false;
    this.#sum();
  }

  /** It answered: {call, rows, age_ms, took_ms, is_error, detail, at}. */
  answer(answered) {
    const call = this.#calls.get(answered.call);
    if (!call) return;
    Object.assign(call, answered);
    const [, said, took] = call.line.children;
    write(said, answeredText(answered));
    write(took, answered.took_ms == null ? "" : `${Math.round(answered.took_ms)} ms`);
    call.line.toggleAttribute("data-failed", Boolean(answered.is_error));
    if (answered.is_error) this.element.open = true;
    this.#sum();
  }

  /** Nothing more comes. */
  end() {
    const open = [...this.#calls.values()].filter(({ took_ms: took }) => took === undefined);
    for (const { line } of open) write(line.children[1], "no answer");
  }

  #sum() {
    write(this.#summary, traceText([...this.#calls.values()]));
  }

  /** Show a call and give it the focus. */
  reveal(number) {
    this.element.open = true;
    this.#calls.get(number)?.line.focus();
  }
}
