// The lists that a person has at their venues: asked for when they are wanted, and copied to the desk.

import { sent } from "../transports/http.js";

const ALL = "/api/watchlists/venues/";
const COPY = "/api/watchlists/import/";
const AWAY = "The desk does not answer. Try again.";

export class VenueLists {
  #box;
  #say;

  /** `box` holds a <template> of one list; `say(text)` is told what went wrong. */
  constructor(box, say) {
    this.#box = box;
    this.#say = say;
  }

  /** Ask which there are, and show them; shown ones are put away. */
  async show() {
    const list = this.#box.querySelector("ul");
    if (list.children.length) return list.replaceChildren();
    this.#say("Asking your brokers for their lists.");
    const answer = await sent("GET", ALL);
    if (answer?.status !== 200) return this.#say(answer?.body?.detail ?? AWAY);
    const { watchlists, refusals } = answer.body;
    list.replaceChildren(...watchlists.map((one) => this.#row(one)));
    const none = watchlists.length === 0 && refusals.length === 0 ? ["Your brokers keep no lists."] : [];
    return this.#say([...refusals, ...none].join(" "));
  }

  /** Copy one of them. Resolves to {list, text}, or null where that was refused. */
  async copy(link, name) {
    const answer = await sent("POST", COPY, { link, name });
    if (!answer || answer.status >= 300) return this.#say(answer?.body?.detail ?? AWAY) ?? null;
    const { left_out: left, ...list } = answer.body;
    const text = left.length ? `${list.name} was copied without ${left.join(", ")}.` : `${list.name} was copied.`;
    return { list, text };
  }

  #row({ link, label, name, symbols, public: isPublic }) {
    const row = document.importNode(this.#box.querySelector("template").content.firstElementChild, true);
    const counted = `${symbols.length} symbol${symbols.length === 1 ? "" : "s"}`;
    row.querySelector("b").textContent = name;
    row.querySelector("small").textContent = `${counted} · ${label}${isPublic ? "'s own" : ""}`;
    const button = row.querySelector("button");
    Object.assign(button.dataset, { link, name });
    button.querySelector("span").textContent = name;
    return row;
  }
}
