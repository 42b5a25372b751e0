// What fired, in words: of the few kilobytes that every page has of alerts.

import { age } from "../core/format.js";

/** A firing as a notification says it. `said` has what is odd about it. */
export function firingText(fact) {
  const said = fact.detail?.headline ? [fact.detail.headline] : [];
  if (fact.seen_in) said.push(`seen in a ${fact.seen_in}`);
  if (fact.recovered) said.push(fact.late_s == null ? "recovered" : `recovered, ${age(fact.late_s * 1000)} late`);
  if (fact.gap) said.push("over a gap");
  if (fact.order_unknown) said.push("up and down in one minute: which came first is not known");
  return [fact.what ?? fact.text, ...said].join(" · ");
}
