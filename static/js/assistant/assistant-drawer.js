// <assistant-drawer>: questions and answers beside the page, in words whose numbers are live. It is loaded when it is
// first opened. A page's element is empty but for a template; what is asked and answered is made of nodes alone.

import { announce, announceMine } from "../core/announcements.js";
import { write } from "../core/render.js";
import { complete } from "./completion.js";
import { agree, question as consentQuestion } from "./consent.js";
import { DeskNumber } from "./desk-number.js";
import { askHealth } from "./model-health.js";
import { Sentences } from "./sentences.js";
import { run } from "./slash-answer.js";
import { commandOf, help } from "./slash-commands.js";
import { Talk } from "./talk.js";
import { TalkList } from "./talk-list.js";
import { TurnView } from "./turn-view.js";

const BUSY = "An answer is under way. Agree when it is over.";

class AssistantDrawer extends HTMLElement {
  /** Makes the page be about a symbol: what opens the drawer gives it. */
  showSymbol = () => {};
  #open = new Talk();
  #running = null;
  #health = null;
  #branch = null;
  #before = null;

  connectedCallback() {
    this.append(document.importNode(this.querySelector("template").content, true));
    for (const part of this.querySelectorAll("[data-part]")) this[part.dataset.part] = part;
    this.list = new TalkList(this.talks, (talk) => this.#recall(talk), (id) => this.#forget(id));
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
    if (this.hidden) this.#tellHealth();
    this.hidden = false;
    this.#pressed(true);
    this.box.focus();
  }

  /** Close it; the focus goes back to where it was. An answer goes on. */
  close() {
    this.hidden = true;
    this.list.hide();
    this.#pressed(false);
    (this.#before?.isConnected ? this.#before : document.body).focus();
  }

  #pressed(isOpen) {
    document.documentElement.toggleAttribute("data-drawer", isOpen);
    document.querySelector("[data-command=assistant]")?.setAttribute("aria-expanded", String(isOpen));
  }

  /** Which model would answer, and whether it can. A question that was asked since tells that better. */
  async #tellHealth() {
    const asked = (this.#health = { text: this.#health?.text });
    const { name, isSimulated, said } = await askHealth();
    write(this.model, name);
    this.model.hidden = !name;
    this.model.classList.toggle("simulated", isSimulated);
    if (this.#running || this.#health !== asked || said === null) return;
    if (said) this.#say((asked.text = `${said} ${help()}`));
    else if (this.foot.textContent === asked.text) this.#say("");
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
    return this.#begin(question, branch);
  }

  /** Ask a question; `branch` is a turn in whose place that is, and in that of what follows. A command replaces none. */
  #begin(question, branch = null) {
    const command = commandOf(question);
    if (branch && !command) for (const { element } of this.#open.cut(branch)) element.remove();
    const view = new TurnView(question);
    this.#open.turns.push(view);
    this.empty.hidden = true;
    this.talk.append(view.element);
    this.#follow(true);
    return command ? this.#command(view, command) : this.#answer(view);
  }

  async #command(view, command) {
    view.isCommand = true;
    view.end(command.tool ? await run(view, command) : { kind: "refused", ...command });
    announceMine(view.element.querySelector(".placed").textContent.slice(0, 200));
    this.#follow();
  }

  async #answer(view) {
    const [control, talk] = [new AbortController(), this.#open];
    this.#run({ view, control });
    this.#health = null;
    this.#say("");
    const sentences = new Sentences();
    let how = { kind: "stopped" };
    announce("Answering.");
    for await (const event of complete(talk.bodyOf(view), control.signal)) {
      talk.hear(event);
      if (event.kind === "done") this.#done(view, event);
      else if (["finish", "error", "refused", "cut"].includes(event.kind)) how = event;
      else view.take(event);
      const said = sentences.take(view.text, performance.now());
      if (said) announceMine(said);
    }
    if (control.signal.aborted) how = { kind: "stopped" };
    this.#run(null);
    view.end(how);
    if (how.code === "consent_required") this.#consent(view, how);
    else announceMine(`${sentences.rest(view.text)} ${ended(how, view)}`.trim());
    this.#follow();
  }

  #done(view, { conversation, turn, tainted }) {
    if (!this.#open.has(view)) return;
    view.number = turn ?? null;
    this.#open.id = conversation ?? this.#open.id;
    this.#say(tainted ? "This talk has read foreign text (news): it cannot change anything without your click." : "");
  }

  /** Nothing was sent: who gets the words is said, and asked. */
  #consent(view, { host, detail }) {
    const card = consentQuestion(host, detail, async () => {
      if (this.#running) return BUSY;
      const refused = await agree(host);
      if (refused || !this.#open.has(view)) return refused;
      if (this.#running) return BUSY;
      card.remove();
      this.box.focus();
      this.#answer(view.renew());
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
    const view = this.#open.turns.find(({ element }) => element.contains(event.target));
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
    this.#drop();
    this.list.hide();
    this.box.focus();
  }

  #drop() {
    this.#running?.control.abort();
    for (const { element } of this.#open.turns) element.remove();
    this.#open = new Talk();
    this.#leaveBranch();
    this.#say("");
    this.empty.hidden = false;
  }

  /** A talk was deleted, or all of them (null): where it is the open one, that is over. */
  #forget(id) {
    if (id === null || id === this.#open.id) this.#drop();
  }

  /** Go on in a talk that the desk kept. */
  #recall({ id, turns }) {
    this.#clear();
    this.#open.id = id;
    this.#open.turns = turns.map((turn) => TurnView.recalled(turn));
    this.talk.append(...this.#open.turns.map(({ element }) => element));
    this.empty.hidden = true;
    this.#follow(true);
  }

  /** The same question, in a turn of its own; the old answer stays, folded, and what follows it goes. */
  #retry(view) {
    if (this.#running) return;
    this.#leaveBranch();
    view.fold();
    this.#begin(view.question, view);
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
    else if (isBox && event.key === "ArrowUp" && event.altKey) this.#open.turns.at(-1)?.element.focus();
    else if (isBox && event.key === "ArrowUp" && !this.box.value) this.#edit(this.#open.turns.at(-1));
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
