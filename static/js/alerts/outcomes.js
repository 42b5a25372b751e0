// What became of the messages that tell of firings; for the list of notifications, while somebody looks.

import { moment } from "../core/format.js";
import { clock } from "../core/page.js";
import { write } from "../core/render.js";
import { fetched } from "../transports/http.js";
import { outcomeText } from "./outcome-text.js";

/** How often it is asked what became of messages that wait (ms). */
export const AGAIN_MS = 5_000;

/**
 * Ask what became of messages, of these facts or of the newest there are. Resolves to {texts, isWaiting}: `texts` by
 * what `by` names of each (fact, rule), of a rule those of its newest firing; `told` says when the desk itself told of
 * the facts that were named. Null when the desk does not answer.
 */
export async function outcomes(by, now, facts = null) {
  const query = facts ? `?facts=${facts.join(",")}` : "";
  const { deliveries, told = [] } = (await fetched(`/api/alerts/deliveries${query}`))?.body ?? {};
  if (!deliveries) return null;
  const found = new Map();
  for (const one of deliveries.filter(({ fact }) => fact !== null)) {
    const known = found.get(one[by]) ?? { fact: one.fact, texts: [] };
    if (known.fact === one.fact) known.texts.unshift(outcomeText(one, now)); // the newest comes first
    found.set(one[by], known);
  }
  const texts = new Map([...found].map(([key, known]) => [key, known.texts.join(" · ")]));
  return { texts, told, isWaiting: deliveries.some(({ state }) => state === "waiting") };
}

const following = new WeakMap();

/** Say below each firing in `list` when it was told here, and what became of its messages, as long as it is open. */
export async function follow(list) {
  const box = list.querySelector("[popover]");
  clearTimeout(following.get(list));
  const facts = [...list.querySelectorAll("[data-fact]")].map((line) => line.dataset.fact);
  const now = clock.now();
  const found = facts.length && (await outcomes("fact", now, facts));
  if (found)
    for (const { fact, at } of found.told) {
      const line = list.querySelector(`[data-fact="${fact}"]`);
      const said = line && (line.querySelector("small") ?? line.appendChild(document.createElement("small")));
      if (said) write(said, [`here ${moment(at, now)}`, found.texts.get(fact)].filter(Boolean).join(" · "));
    }
  if (box.matches(":popover-open")) following.set(list, setTimeout(() => follow(list), AGAIN_MS));
}
