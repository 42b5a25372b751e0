// What became of a message that tells of a firing, in words.

import { moment } from "../core/format.js";

/** How one delivery stands: "push 14:27:13, receipt 14:27:14", "mail waits, try 2 at 14:32:05". */
export function outcomeText({ name, state, attempts, due, count, sent_at: sent, shown_at: shown, reason }, now) {
  const many = count > 1 ? `, one message for ${count}` : "";
  if (state === "gave_up") return `${name} was not delivered${tries(attempts)}; it is not tried again${reason ? `: ${reason}` : ""}`;
  if (state === "waiting") return `${name} waits${attempts ? `, try ${attempts + 1}` : ""}${due > now ? ` ${attempts ? "at" : "until"} ${moment(due, now)}` : ""}${many}`;
  return `${name} ${moment(sent, now)}${shown ? `, receipt ${moment(shown, now)}` : ""}${many}`;
}

const tries = (count) => (count ? ` after ${count} ${count === 1 ? "try" : "tries"}` : "");
