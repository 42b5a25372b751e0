// <order-draft>: the card of an order that a program proposes, from when it comes until its minute is over, or its
// person puts it away. It is loaded with the first one; it lies over the desk, so that nothing moves there.

import { moment } from "../core/format.js";
import { LiveElement } from "../core/live-element.js";
import { clock } from "../core/page.js";
import { write } from "../core/render.js";
import { draftTexts, legTexts, quoteAge } from "./draft-text.js";

const TICK_MS = 1_000;

class OrderDraft extends LiveElement {
  #timer = 0;

  connectedCallback() {
    super.connectedCallback();
    const away = this.querySelector("[data-act=away]");
    away.hidden = false;
    away.addEventListener("click", () => this.remove());
    this.#timer = setInterval(() => this.paint(), TICK_MS);
    this.paint();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.#timer);
  }

  /** Its ages go on, also while prices are paused. */
  paint() {
    const now = clock.now();
    const left = Number(this.dataset.expires) - now;
    if (left <= 0) {
      this.remove();
      return;
    }
    fill(this, { made: moment(Number(this.dataset.at), now), left: `ends in ${Math.ceil(left / 1000)} s` });
    for (const row of this.querySelectorAll("tbody tr"))
      fill(row, { age: quoteAge(Number(row.dataset.at), "delayed" in row.dataset, now) });
  }
}

/** Show the card of a notice `order_drafted`, on a page that has a place for it. */
export function showDraft(fact) {
  const box = document.getElementById("order-drafts");
  if (!box || box.querySelector(`[data-fact="${fact.fact}"]`)) return;
  const card = document.importNode(box.querySelector("template").content.firstElementChild, true);
  Object.assign(card.dataset, { fact: fact.fact, at: fact.at, expires: fact.expires });
  const body = card.querySelector("tbody");
  const empty = body.firstElementChild;
  body.replaceChildren(...fact.legs.map((leg) => legRow(empty, leg)));
  fill(card, draftTexts(fact));
  box.prepend(card);
}

function legRow(empty, leg) {
  const row = empty.cloneNode(true);
  row.dataset.at = leg.at ?? "";
  if (leg.delayed) row.dataset.delayed = "";
  fill(row, legTexts(leg));
  return row;
}

function fill(around, texts) {
  for (const [name, text] of Object.entries(texts)) write(around.querySelector(`[data-field=${name}]`), text);
}

customElements.define("order-draft", OrderDraft);
