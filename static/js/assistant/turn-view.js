// One question and its answer, as they grow: the tools that were asked, the answer with its numbers, how it ended.

import { moment } from "../core/format.js";
import { clock } from "../core/page.js";
import { write } from "../core/render.js";
import { laidOut, split, spoken } from "./answer-text.js";
import { DeskNumber } from "./desk-number.js";
import { button, made, patch } from "./elements.js";
import { blocks } from "./markdown.js";
import { wholeSentences } from "./sentences.js";
import { endText, isPublicTool, pastEnd, wordCount } from "./trace-text.js";
import { TraceList } from "./trace-list.js";

const STATUS_MS = 1_000;
const still = matchMedia("(prefers-reduced-motion: reduce)");

export class TurnView {
  element = made("article", { className: "turn", tabIndex: -1 });
  isOpen = true;
  isFolded = false;
  number = null;
  pieces = [];
  #trace = new TraceList();
  #answer = made("div", { className: "answer" });
  #placed = made("div", { className: "placed" });
  #state = made("p", { className: "turn-state" });
  #note = made("p", { className: "turn-note", hidden: true });
  #acts = made("p", { className: "turn-acts muted", hidden: true });
  #nodes = new Map();
  #frame = 0;
  #status = { text: "", at: -Infinity, timer: 0 };

  constructor(question) {
    this.question = question;
    this.element.setAttribute("aria-label", `Question: ${question.slice(0, 80)}`);
    const asked = made("p", { className: "asked" }, question);
    this.element.append(asked, this.#trace.element, this.#answer, this.#placed, this.#state, this.#note, this.#acts);
    this.at = clock.now();
  }

  /** A turn that the desk kept: {number, at, question, answer, tools, outcome}. */
  static recalled({ number, at, question, answer, tools, outcome }) {
    const view = new TurnView(question);
    const pieces = answer.map((piece) => (piece.kind === "quoted" ? { ...piece, kind: "words" } : piece));
    Object.assign(view, { number, at, pieces });
    for (const call of tools) {
      view.#trace.ask(call);
      view.#trace.answer({ ...call, at });
    }
    view.end(pastEnd(outcome));
    return view;
  }

  /** Its words, as somebody hears or copies them. */
  get text() {
    return spoken(this.pieces);
  }

  /** How many sources its answer has. */
  get sources() {
    return new Set(this.pieces.filter(({ kind }) => kind === "number").map(({ call }) => call)).size;
  }

  /** Take an event of its answer, as event-stream.js has them. */
  take(event) {
    if (event.kind === "status") this.#say(event.text);
    else if (event.kind === "asked") this.#trace.ask(event);
    else if (event.kind === "answered") this.#trace.answer({ ...event, at: clock.now() });
    else if (event.kind === "words" || event.kind in PARTS) this.#add(event);
  }

  #add(piece) {
    const last = this.pieces.at(-1);
    if (piece.kind === "words" && last?.kind === "words") last.text += piece.text;
    else this.pieces.push({ ...piece });
    this.#say("");
    this.#frame ||= requestAnimationFrame(() => this.#paint());
  }

  /** One line that changes at most once a second. */
  #say(text) {
    clearTimeout(this.#status.timer);
    const left = text ? this.#status.at + STATUS_MS - performance.now() : 0;
    const show = () => {
      this.#status.at = performance.now();
      write(this.#state, text);
    };
    if (left > 0) this.#status.timer = setTimeout(show, left);
    else show();
  }

  #paint() {
    this.#frame = 0;
    const { text, parts } = laidOut(this.pieces, this.isOpen);
    const shown = this.isOpen && still.matches ? wholeSentences(text) : text;
    patch(this.#answer, blocks(shown).map((block) => this.#filled(block, parts)));
    this.element.dispatchEvent(new Event("grown", { bubbles: true }));
  }

  /** A block of text with the elements that its marks stand for. */
  #filled({ tag, children }, parts) {
    const inside = children.flatMap((child) =>
      typeof child === "string" ? split(child, parts).map((part) => this.#node(part, parts)) : [this.#filled(child, parts)],
    );
    return { tag, children: inside };
  }

  #node(part, parts) {
    if (typeof part === "string") return part;
    const key = part.kind === "source" ? `${parts.indexOf(part)} ${part.calls}` : part;
    if (!this.#nodes.has(key)) this.#nodes.set(key, PARTS[part.kind](part, this.#trace));
    return this.#nodes.get(key);
  }

  /** The answer is over. `how` is what ended it: {kind, code, detail, reason}. */
  end(how) {
    this.isOpen = false;
    cancelAnimationFrame(this.#frame);
    this.#paint();
    this.#say("");
    this.#trace.end();
    const said = endText(how, wordCount(this.text));
    write(this.#note, said);
    this.#note.hidden = !said;
    const then = button("then", "As it was then");
    then.setAttribute("aria-pressed", "false");
    const hasLive = this.#answer.querySelector("desk-number[data-live]") !== null;
    const about = hasLive ? ["numbers are live, the words are not", then] : [];
    const copy = this.pieces.length ? [button("copy", "Copy")] : [];
    const acts = [...about, ...copy, button("retry", "Ask again"), button("edit", "Edit")];
    this.#acts.replaceChildren(moment(this.at, clock.now()), ...acts.flatMap((act) => [" · ", act]));
    this.#acts.hidden = false;
  }

  /** Show its numbers as they were when it was answered, or as they are. */
  turn(control) {
    const isThen = this.element.toggleAttribute("data-then");
    control.setAttribute("aria-pressed", String(isThen));
    for (const number of this.element.querySelectorAll("desk-number")) number.paint();
  }

  /** Open the call of a number or a source. */
  reveal(call) {
    this.#trace.reveal(call);
  }

  /** It is asked once more, before anything of an answer came. Returns itself. */
  renew() {
    this.isOpen = true;
    this.#note.hidden = true;
    this.#acts.hidden = true;
    return this;
  }

  /** Put what is of the desk below the answer: a question, a table. */
  place(...nodes) {
    this.#placed.append(...nodes);
    this.#say("");
  }

  /** Keep what was answered, folded: it is asked again. */
  fold() {
    this.isFolded = true;
    const folded = made("details", { className: "folded" }, made("summary", {}, `Earlier answer, ${moment(this.at, clock.now())}`));
    folded.append(...[...this.element.children].slice(1));
    this.element.append(folded);
    this.#acts.remove();
  }
}

/** The elements of what is more than words. */
const PARTS = {
  number: (piece, trace) => DeskNumber.of(piece, sourceOf(piece, trace)),
  unverified: ({ text }) =>
    part("span", "unverified", made("s", {}, text), made("small", {}, " not from your data")),
  withheld: ({ text }) => part("em", "withheld", text || "[a number that is not in your data]"),
  warning: ({ text }) => part("small", "warned", ` ${text} `),
  source: ({ calls }) => part("span", "sources", ...calls.map(sourceButton)),
};

function sourceOf({ call }, trace) {
  const { title = "", tool = "", at = clock.now() } = trace.call(call) ?? {};
  return { title: title || tool, isPublic: isPublicTool(tool), at };
}

function part(name, className, ...children) {
  const element = made(name, { className }, ...children);
  element.dataset.part = className;
  return element;
}

function sourceButton(call) {
  const element = button("source", `[${call}]`, { ariaLabel: `Source ${call}` });
  element.dataset.call = call;
  return element;
}
