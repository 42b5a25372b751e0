// What is told of many options' Greeks together: whose they are, how old, and what volatility stands at the money.

import { age, volatility } from "../core/format.js";

const WORDS = { feed: "from the feed", venue: "from the venue", calc: "calculated" };

/** {greeks, iv} of the Greeks of all options that are shown, and of those at the money. Undefined ones are not known. */
export function sourcesOf(all, near, now) {
  return { greeks: sources(all.filter(Boolean), now), iv: volatility(mean(near.map((one) => one?.iv))) };
}

function sources(known, now) {
  if (known.length === 0) return "no Greeks yet";
  const counts = new Map();
  for (const { source } of known) counts.set(source, (counts.get(source) ?? 0) + 1);
  const ages = known.map(({ at }) => now - at);
  const [newest, oldest] = [age(Math.min(...ages)), age(Math.max(...ages))];
  const old = newest === oldest ? `${newest} old` : `${newest} to ${oldest} old`;
  const names = [...counts].map(([name, many]) => `${counts.size > 1 ? `${many} ` : ""}${WORDS[name] ?? name}`);
  return `Greeks ${names.join(", ")}, ${old}`;
}

function mean(values) {
  const known = values.filter((value) => value != null);
  return known.length ? known.reduce((sum, value) => sum + value, 0) / known.length : null;
}
