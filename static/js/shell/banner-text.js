// What a page says about its connection: {kind, text, act, spoken}, or null when all is well. Pure.

import { age } from "../core/format.js";
import { nextTry } from "../core/freshness.js";
import { blockedHere, NAMES } from "../transports/names.js";

/** For how long it is said that, and after how long, the connection is back (ms). */
export const BACK_MS = 5_000;
/** For how long it is said that another carrier is in use; the badge goes on saying so (ms). */
export const FELL_MS = 30_000;

const say = (kind, text, act, spoken = text) => ({ kind, text, act, spoken });

/** `status` is the connection's; `now` is the server's time. `spoken` changes only with the kind: no count-downs. */
export function banner(status, now) {
  const { state, text, act } = status;
  if (state === "closed") return say("offline", text, act);
  if (state === "offline") return say("offline", "This device is offline. Values stay as old as they say.", act);
  if (state === "waiting" || status.lost) {
    const next = state === "waiting" ? nextTry(status.retryAt, now) : "trying now";
    return say("reconnecting", `${text} Reconnecting: ${next}.`.trim(), act, "Connection lost. Reconnecting.");
  }
  if (status.silentSince != null) {
    const silence = `Nothing was heard from the desk for ${age(now - status.silentSince)}. Values are as old as that.`;
    return say("reconnecting", silence, "", "Nothing is heard from the desk.");
  }
  if (status.pausedAt != null) return say("idle", "Prices are paused.", "resume");
  if (state === "open" && status.fellAt != null && now - status.fellAt < FELL_MS) return fallback(status, now);
  if (status.climbedAt != null && now - status.climbedAt < BACK_MS) return say("back", climbed(status), "");
  if (isBack(status, now)) return say("back", backAgain(status), "");
  return null;
}

const isBack = ({ backAt }, now) => backAt != null && now - backAt < BACK_MS;

/** Which carrier is in use, why, and when better ones are tried again. */
function fallback(status, now) {
  const { carrier, blocked, climbAt } = status;
  const again = isBack(status, now) ? `${backAgain(status)} ` : "";
  const lead = `${again}Live over ${NAMES[carrier].over}: ${blockedHere(blocked)}.`;
  const late = carrier === "poll" ? " Prices can be a second late." : "";
  const next = climbAt == null ? "Trying them now." : `Trying them again: ${nextTry(climbAt, now)}.`;
  return say("fallback", `${lead}${late} ${next}`, "climb", lead);
}

const climbed = ({ carrier }) => `Live over ${NAMES[carrier].over} again. The stream went on without a gap.`;

/** How long it was away, and whether the stream went on or began anew. */
function backAgain({ backAt, lostAt, recovered, wasSilent }) {
  const way = recovered ? "The stream went on where it stopped." : "Everything was read anew.";
  return `${wasSilent ? "Heard" : "Connected"} again after ${age(backAt - lostAt)}. ${way}`;
}
