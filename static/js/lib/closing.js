// What a close code means to this page (protocol.md §5).

const FINAL = {
  4001: { act: "sign-in", text: "You are signed out." },
  4003: { act: "stop", text: "This page may not open a stream. Ask the owner of this desk." },
  4009: { act: "stop", text: "Too many pages of this desk are open. Close one, then reload this page." },
  4400: { act: "reload", text: "This page is older than the desk it talks to. Reload it." },
};

const RETRY = {
  1012: "The desk is restarting.",
  4008: "This page could not keep up with the stream.",
  4012: "The desk is restarting.",
  4029: "This page asked too often.",
};

/** Rate-limited pages wait at least this long, in ms. */
export const LIMITED_MS = 5_000;

/**
 * Decide what follows a closed socket: `act` is "retry", "sign-in", "reload" or "stop"; `text` is for the
 * person; `least` is the shortest wait before a retry, in ms. Unknown codes are retried.
 */
export function afterClose(code) {
  if (code in FINAL) return { ...FINAL[code], least: 0 };
  return { act: "retry", text: RETRY[code] ?? "The desk cannot be reached.", least: code === 4029 ? LIMITED_MS : 0 };
}
