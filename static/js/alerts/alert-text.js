// Alerts in words.

import { moment } from "../core/format.js";

const STATES = {
  armed: ["◆", "armed", "live"],
  waiting: ["◆", "armed, waits", "live"],
  cannot_check: ["✕", "not checked", "refused"],
  fired: ["▲", "fired", "stale"],
  snoozed: ["Ⅱ", "snoozed", "delayed"],
  resting: ["○", "rests", "none"],
  expired: ["○", "expired", "none"],
};

/** How an alert stands: its word with a sign, and what the style sheet calls it. */
export function stateText(state) {
  const [sign, word, tone] = STATES[state] ?? ["○", "not known yet", "none"];
  return { word: `${sign} ${word}`, tone };
}

/** What is to be said of an alert beside its rule. */
export function moreText(alert, now) {
  const said = [];
  if (alert.state === "snoozed" && alert.snoozed_until) said.push(`until ${moment(alert.snoozed_until, now)}`);
  if (alert.nearest && alert.state !== "fired") said.push(alert.nearest);
  if (alert.reason) said.push(alert.reason);
  if (alert.state === "cannot_check" && alert.since) said.push(`not checked since ${moment(alert.since, now)}`);
  if (alert.unchecked_from) said.push(`not checked ${moment(alert.unchecked_from, now)} to ${moment(alert.unchecked_to, now)}`);
  if (alert.fired) said.push(firedText(alert, now));
  if (alert.expires && alert.state !== "expired") said.push(`until ${moment(alert.expires, now)}`);
  return said.join(" · ");
}

function firedText({ fired, fired_at: at }, now) {
  const times = fired === 1 ? "fired" : `fired ${fired} times, last`;
  return at ? `${times} ${moment(at, now)}` : times;
}
