// <assistant-drawer>: questions and answers beside the page, in words whose numbers are live. It is loaded when it is
// first opened. A page's element is empty but for a template; what is asked and answered is made of nodes alone.

import { announce, announceMine } from "../core/announcements.js";
import { write } from "../core/render.js";
import { fetched } from "../transports/http.js";
import { complete } from "./completion.js";
import { agree, question as consentQuestion } from "./consent.js";
import { DeskNumber } from "./desk-number.js";
import { Sentences } from "./sentences.js";
import { run } from "./slash-answer.js";
import { commandOf, help } from "./slash-commands.js";
import { TalkList } from "./talk-list.js";
import { TurnView } from "./turn-view.js";

const HEALTH_MS = 10_000;
const MOST_MESSAGES = 99;

class AssistantDrawer extends HTMLElement {
  /** Makes the page be about a symbol: what opens the drawer gives it. */
  showSymbol = () => {};
  #turns = [];
  #conversation = null;
  #running = null;
  #branch = null;
  #before = null;

  connectedCallback() {
    this.append(document.importNode(this.querySelector("template").content, true));
    for (const part of this.querySelectorAll("[data-part]")) this[part.dataset.part] = part;
    this.list = new TalkList(this.talks, (talk) => this.#recall(talk));
    this.addEventListener("click", (event) => this.#click(event));
    this.addEventListener("keydown", (event) => this.#key(event));
    this.form.addEventListener("submit", (event) => this.#submit(event));
    this.box.addEventListener("input", () => this.#fit());
    this.talk.addEventListener("grown", () => this.#follow());
    for (const kind of ["focusin", "pointerover"]) this.talk.addEventListener(kind, (event) => this.#point(event));
    for (const kind of ["focusout", "pointerleave"]) this.talk.addEventListener(kind, () => this.#unpoint());
  }

  /** Open it, and have the next question typed. */
  open() {
    if (!this.contains(document.activeElement)) this.#before = document.activeElement;
    if (this.hidden) this.#askHealth();
    this.hidden = false;
    this.#pressed(true);
    this.box.focus();
  }

  /** Close it; the focus goes back to where it was. An answer goes on. */
  close() {
    this.hidden = true;
    this.#pressed(false);
    (this.#before?.isConnected ? this.#before : document.body).focus();
  }

  #pressed(isOpen) {
    document.documentElement.toggleAttribute("data-drawer", isOpen);
    document.querySelector("[data-command=assistant]")?.setAttribute("aria-expanded", String(isOpen));
  }

  /** Which model would answer, and whether it can. */
  async #askHealth() {
    const answer = await fetched("/chat/health", { signal: AbortSignal.timeout(HEALTH_MS) });
    const { status = "", model = "" } = answer?.body ?? {};
    write(this.model, model === "simulated" ? "simulated model" : model);
    this.model.hidden = !model;
    this.model.classList.toggle("simulated", model === "simulated");
    const said = { unconfigured: "No model is configured.", unreachable: "The model does not answer." }[status];
    if (said) this.#say(`${said} ${help()}`);
  }

  #say(text) {
    write(this.foot, text);
  }

  #submit(event) {
    event.preventDefault();
    if (this.#running) return this.#stop();
    const question = this.box.value.trim();
    if (!question) return undefined;
    this.box.value = "";
    this.#fit();
    const branch = this.#branch;
    this.#leaveBranch();
    if (branch) for (const turn of this.#turns.splice(this.#turns.indexOf(branch))) turn.element.remove();
    return this.#begin(question, this.#turns.length, branch);
  }

  /** Ask a question after so many turns of this talk; `branch` is a turn in whose place that is. */
  #begin(question, after, branch = null) {
    const view = new TurnView(question);
    const body = this.#body(question, this.#turns.slice(0, after), branch);
    this.#turns.push(view);
    this.empty.hidden = true;
    this.talk.append(view.element);
    this.#follow(true);
    const command = commandOf(question);
    return command ? this.#command(view, command) : this.#answer(view, body);
  }

  /** What the desk is asked. It knows the turns of a conversation itself; while there is none, they are told it. */
  #body(question, turns, branch) {
    const asked = { role: "user", content: question };
    if (!this.#conversation) return { messages: [...turns.flatMap(messagesOf), asked].slice(-MOST_MESSAGES) };
    const before = branch && (branch.number ?? 1 + Math.max(0, ...turns.map(({ number }) => number ?? 0)));
    return { messages: [asked], tapedeck: { conversation: this.#conversation, ...(before ? { before } : {}) } };
  }

  async #command(view, command) {
    view.isCommand = true;
    view.end(command.tool ? await run(view, command) : { kind: "refused", ...command });
    announceMine(view.element.querySelector(".placed").textContent.slice(0, 200));
    this.#follow();
  }

  async #answer(view, body) {
    const control = new AbortController();
    this.#run({ view, control });
    const sentences = new Sentences();
    let how = { kind: "stopped" };
    announce("Answering.");
    for await (const event of complete(body, control.signal)) {
      if (event.kind === "done") this.#done(view, event);
      else if (["finish", "error", "refused", "cut"].includes(event.kind)) how = event;
      else view.take(event);
      const said = sentences.take(view.text, performance.now());
      if (said) announceMine(said);
    }
    if (control.signal.aborted) how = { kind: "stopped" };
    this.#run(null);
    view.end(how);
    if (how.code === "consent_required") this.#consent(view, how, body);
    else announceMine(`${sentences.rest(view.text)} ${ended(how, view)}`.trim());
    this.#follow();
  }

  #done(view, { conversation, turn, tainted }) {
    view.number = turn ?? null;
    this.#conversation = conversation ?? this.#conversation;
    this.#say(tainted ? "This talk has read foreign text (news): it cannot change anything without your click." : "");
  }

  /** Nothing was sent: who gets the words is said, and asked. */
  #consent(view, { host, detail }, body) {
    const card = consentQuestion(host, detail, async () => {
      const refused = await agree(host);
      if (refused) return refused;
      card.remove();
      this.box.focus();
      this.#answer(view.renew(), body);
      return "";
    });
    view.place(card);
    announce(`${detail} Nothing was sent yet.`);
    card.querySelector("[data-act=agree]").focus();
  }

  #run(running) {
    this.#running = running;
    this.talk.setAttribute("aria-busy", String(Boolean(running)));
    write(this.send, running ? "Stop" : "Ask ↵");
    this.send.setAttribute("aria-label", running ? "Stop" : "Ask");
  }

  #stop() {
    this.#running.control.abort();
  }

  #click(event) {
    const control = event.target.closest("[data-act], desk-number");
    const view = this.#turns.find(({ element }) => element.contains(event.target));
    if (control instanceof DeskNumber) return control.symbol ? this.showSymbol(control.symbol) : view.reveal(Number(control.dataset.call));
    return {
      close: () => this.close(),
      new: () => this.#clear(),
      talks: () => (this.talks.hidden ? this.list.show() : this.list.hide()),
      unedit: () => this.#leaveBranch(),
      source: () => view.reveal(Number(control.dataset.call)),
      then: () => view.turn(control),
      copy: () => copy(view, control),
      retry: () => this.#retry(view),
      edit: () => this.#edit(view),
    }[control?.dataset.act]?.();
  }

  /** Begin a talk of its own. */
  #clear() {
    this.#running?.control.abort();
    for (const { element } of this.#turns) element.remove();
    this.#turns = [];
    this.#conversation = null;
    this.#leaveBranch();
    this.#say("");
    this.list.hide();
    this.empty.hidden = false;
    this.box.focus();
  }

  /** Go on in a talk that the desk kept. */
  #recall({ id, turns }) {
    this.#clear();
    this.#conversation = id;
    this.#turns = turns.map((turn) => TurnView.recalled(turn));
    this.talk.append(...this.#turns.map(({ element }) => element));
    this.empty.hidden = true;
    this.#follow(true);
  }

  /** The same question, in a turn of its own; the old answer stays, folded. */
  #retry(view) {
    if (this.#running) return;
    view.fold();
    this.#begin(view.question, this.#turns.indexOf(view), view);
    this.box.focus();
  }

  /** Ask something else in its place: what follows it goes. */
  #edit(view) {
    if (this.#running || !view) return;
    this.#branch = view;
    this.box.value = view.question;
    this.#fit();
    this.edited.hidden = false;
    this.box.focus();
  }

  #leaveBranch() {
    this.#branch = null;
    this.edited.hidden = true;
  }

  #key(event) {
    if (event.isComposing) return;
    const isBox = event.target === this.box;
    if (event.key === "Escape") this.#escape();
    else if (isBox && event.key === "Enter" && !event.shiftKey) this.#running || this.form.requestSubmit();
    else if (isBox && event.key === "ArrowUp" && event.altKey) this.#turns.at(-1)?.element.focus();
    else if (isBox && event.key === "ArrowUp" && !this.box.value) this.#edit(this.#turns.at(-1));
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** The topmost thing ends: what is said of a number, an answer under way, an edit, the drawer. */
  #escape() {
    if (!this.talks.hidden) this.list.hide();
    else if (!this.tip.hidden) this.#unpoint();
    else if (this.#running) this.#stop();
    else if (this.#branch) this.#leaveBranch();
    else this.close();
  }

  #point({ target }) {
    const number = target.closest("desk-number");
    if (!number) return this.#unpoint();
    const lines = number.describe();
    [...this.tip.children].forEach((line, at) => write(line, lines[at]));
    number.firstElementChild.setAttribute("aria-describedby", "assistant-tip");
    this.tip.hidden = false;
    return undefined;
  }

  #unpoint() {
    this.tip.hidden = true;
  }

  /** The box is as high as what is typed, up to a bound of the style sheet. */
  #fit() {
    this.box.style.blockSize = "auto";
    this.box.style.blockSize = `${this.box.scrollHeight + 2}px`;
  }

  /** Show the end of the talk, where it was in sight. */
  #follow(isCertain = false) {
    const { scrollHeight, scrollTop, clientHeight } = this.talk;
    if (isCertain || scrollHeight - scrollTop - clientHeight < clientHeight / 2) this.talk.scrollTop = scrollHeight;
  }
}

/** The messages of a turn that was answered. */
function messagesOf({ question, text, isCommand }) {
  if (!text || isCommand) return [];
  return [{ role: "user", content: question }, { role: "assistant", content: text }];
}

/** What is told at the end. */
function ended({ kind, detail }, { sources }) {
  if (kind === "finish") return `Answer finished, ${sources} ${sources === 1 ? "source" : "sources"}.`;
  return kind === "stopped" ? "Stopped." : (detail ?? "The answer was cut off.");
}

async function copy({ text, at }, control) {
  try {
    await navigator.clipboard.writeText(`${text}\n(${new Date(at).toISOString()})`);
    write(control, "Copied");
  } catch {
    write(control, "This browser does not let a page copy");
  }
}

customElements.define("assistant-drawer", AssistantDrawer);
