// A person's watchlists as the desk keeps them. Every change is asked of the desk; what it answers, other tabs hear.

import { sent } from "../transports/http.js";

const ALL = "/api/watchlists/";
const AWAY = "The desk does not answer. Nothing was changed; try again.";

const one = (id) => `${ALL}${id}/`;
const inside = (id) => `${ALL}${id}/symbols/`;

/** Event "change": some list is another one, here or in another tab. Changes resolve to {detail} when they are refused. */
export class Lists extends EventTarget {
  /** Every list, {id, name, symbols}; null until they were asked for. */
  all = null;
  #tabs = new BroadcastChannel("tapedeck.watchlists");

  constructor() {
    super();
    this.#tabs.addEventListener("message", () => this.load());
  }

  /** The list of this id, as far as it is known. */
  find = (id) => this.all?.find((list) => list.id === id);

  /** Ask for all of them. */
  async load() {
    const answer = await sent("GET", ALL);
    if (answer?.status !== 200) return { detail: answer?.body?.detail ?? AWAY };
    this.all = answer.body.watchlists;
    this.dispatchEvent(new Event("change"));
    return {};
  }

  create = (name, symbols = [], at) => this.#ordered(this.#change(ALL, "POST", { name, symbols, at }));
  place = (id, at) => this.#ordered(this.#change(one(id), "PATCH", { at }));
  rename = (id, name) => this.#change(one(id), "PATCH", { name });
  remove = (id) => this.#change(one(id), "DELETE");
  add = (id, symbols, at) => this.#change(inside(id), "POST", { symbols, at });
  move = (id, symbol, at) => this.#change(inside(id), "PATCH", { symbol, at });
  take = (id, symbol) => this.#change(`${inside(id)}?${new URLSearchParams({ symbol })}`, "DELETE");

  /** The desk knows the order in which the lists are after that. */
  async #ordered(changing) {
    const answer = await changing;
    if (answer.list) await this.load();
    return answer;
  }

  async #change(address, method, body) {
    const answer = await sent(method, address, body);
    if (!answer || answer.status >= 300) return { detail: answer?.body?.detail ?? AWAY };
    const list = answer.body;
    const others = (this.all ?? []).map((each) => (each.id === list.id ? list : each));
    if (list.deleted) this.all = others.filter((each) => each !== list);
    else this.all = others.includes(list) ? others : [...others, list];
    this.#tabs.postMessage(list.id);
    this.dispatchEvent(new Event("change"));
    return { list };
  }
}
