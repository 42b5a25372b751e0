// Delays between tries of the socket: full jitter under a ceiling that doubles.

export const FIRST_MS = 500;
export const CAP_MS = 30_000;

/**
 * How long to wait before try number `failures` (1 is the first after a loss), in ms: uniform in
 * (0, ceiling], never under a quarter of the first ceiling, so that a server that refuses at once is not hammered.
 */
export function delay(failures, random = Math.random) {
  const ceiling = Math.min(CAP_MS, FIRST_MS * 2 ** (failures - 1));
  return Math.max(FIRST_MS / 4, (1 - random()) * ceiling);
}
