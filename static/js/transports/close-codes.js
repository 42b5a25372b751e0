// What a close code means to this page (protocol.md §5), whichever carrier brought it.

const FINAL = {
  4001: { act: "sign-in", text: "You are signed out." },
  4003: { act: "stop", text: "This page may not open a stream. Ask the owner of this desk." },
  4009: { act: "stop", text: "Too many pages of this desk are open. Close one, then reload this page." },
  4400: { act: "reload", text: "This page is older than the desk it talks to. Reload it." },
};

const RETRY = {
  1011: "The desk made a mistake; it is in its log.",
  1012: "The desk is restarting.",
  4008: "This page could not keep up with the stream.",
  4012: "The desk is restarting.",
  4013: "The desk cannot reach its database.",
  4029: "This page asked too often.",
};

/** Rate-limited pages wait at least this long, in ms. */
export const LIMITED_MS = 5_000;

/** Whether the desk itself said this; anything else may come from whatever stands between. */
export const isSaid = (code) => code in FINAL || code in RETRY;

/**
 * Decide what follows the end of a carrier: `act` is "retry", "sign-in", "reload" or "stop"; `text` is for the
 * person; `least` is the shortest wait before a retry, in ms. Unknown codes, and null, are retried.
 */
export function afterClose(code) {
  if (code in FINAL) return { ...FINAL[code], least: 0 };
  return { act: "retry", text: RETRY[code] ?? "The desk cannot be reached.", least: code === 4029 ? LIMITED_MS : 0 };
}

const BY_STATUS = { 400: 4400, 401: 4001, 403: 4003, 409: "view", 413: 4400, 429: 4029, 503: 4012 };
const BY_CODE = { unavailable: 4013 };

/**
 * What a refusal over HTTP means: a close code, "view" (store the watch again), or null when these are not the words of
 * the desk: a proxy's 403 says nothing about this person.
 */
export function codeOf(status, body) {
  if (body?.type !== "error") return null;
  return BY_CODE[body.code] ?? BY_STATUS[status] ?? null;
}

/** A Retry-After in ms; 0 when there is none that can be read. */
export const retryAfter = (text) => (/^\d+$/.test(text ?? "") ? Number(text) * 1000 : 0);
