// The talks that the desk keeps of a person: listed and searched, opened, deleted.

import { moment } from "../core/format.js";
import { clock } from "../core/page.js";
import { write } from "../core/render.js";
import { sent } from "../transports/http.js";
import { button, made } from "./elements.js";

const ALL = "/chat/conversations";
const AWAY = "The desk does not answer. Nothing was changed; try again.";
const SEARCH_MS = 300;

export class TalkList {
  #box;
  #list;
  #said;
  #opened;
  #deleted;
  #timer = 0;

  /**
   * `box` is its part of the drawer; `opened` takes a talk {id, title, turns} that a person opens, `deleted` the id of
   * one that they deleted, null for all.
   */
  constructor(box, opened, deleted) {
    this.#box = box;
    this.#opened = opened;
    this.#deleted = deleted;
    [this.#list, this.#said] = ["ul", "[role=status]"].map((name) => box.querySelector(name));
    box.querySelector("input").addEventListener("input", () => this.#search());
    box.addEventListener("click", ({ target }) => this.#click(target.closest("[data-act]")));
  }

  /** Show the newest, and have a search typed. */
  async show() {
    this.#box.hidden = false;
    this.#box.querySelector("input").focus();
    await this.#load();
  }

  /** Hide it; what was pressed once is asked again. */
  hide() {
    this.#box.hidden = true;
    for (const control of this.#box.querySelectorAll("[data-sure]")) disarm(control);
  }

  #search() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#load(), SEARCH_MS);
  }

  async #load() {
    const words = this.#box.querySelector("input").value.trim();
    const found = await this.#ask("GET", words ? `${ALL}?${new URLSearchParams({ q: words })}` : ALL);
    if (!found || this.#box.querySelector("input").value.trim() !== words) return;
    const talks = found.conversations;
    this.#list.replaceChildren(...talks.map(line));
    write(this.#said, talks.length ? "" : words ? "No talk has these words." : "No talk is kept yet.");
  }

  /** What the desk answers; null where it does not, or refuses, which is said. */
  async #ask(method, address) {
    const answer = await sent(method, address);
    if (answer?.status < 300) return answer.body;
    write(this.#said, answer?.body?.error?.message ?? answer?.body?.detail ?? AWAY);
    return null;
  }

  async #click(control) {
    const id = control?.closest("li")?.dataset.id;
    if (control?.dataset.act === "open-talk") {
      const talk = await this.#ask("GET", `${ALL}/${id}`);
      if (talk) this.#opened(talk);
    } else if (control?.dataset.act === "delete-talk") this.#delete(control, id);
    else if (control?.dataset.act === "delete-talks") this.#delete(control, null);
  }

  /** The first press asks, the second deletes the talk, or all where `id` is null. */
  async #delete(control, id) {
    if (!control.hasAttribute("data-sure")) {
      control.setAttribute("data-sure", "");
      write(control, "Really delete?");
    } else if (await this.#ask("DELETE", id === null ? ALL : `${ALL}/${id}`)) {
      disarm(control);
      this.#deleted(id);
      this.#box.querySelector("input").focus();
      await this.#load();
    }
  }
}

function disarm(control) {
  control.removeAttribute("data-sure");
  write(control, control.dataset.name);
}

function line({ id, title, changed }) {
  const act = button("delete-talk", "Delete", { ariaLabel: `Delete ${title}` });
  act.dataset.name = "Delete";
  const time = made("small", { className: "muted" }, moment(changed, clock.now()));
  const item = made("li", {}, button("open-talk", title), time, act);
  item.dataset.id = id;
  return item;
}
