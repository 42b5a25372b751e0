// The days that a tab has asked for, as text for its storage, so that a page that is loaded again need not ask again. Pure.

/** How long a day is taken from here (ms): one of its steps may be missing then. */
export const KEPT_MS = 300_000;
/** The days of so many symbols are kept, those that were asked for last. */
const MOST = 100;

const days = (text) => JSON.parse(text ?? "[]");

/** The day of `symbol` as [{time, close}] in what was kept; null where it is not, or is too old. */
export function recalled(text, symbol, now) {
  const [, at, bars] = days(text).find(([name]) => name === symbol) ?? [];
  return now - at < KEPT_MS && now >= at ? bars.map(([time, close]) => ({ time, close })) : null;
}

/** What is kept once the day of `symbol` was told at `now` (ms). */
export function stored(text, symbol, bars, now) {
  const day = [symbol, now, bars.map(({ time, close }) => [time, close])];
  const others = days(text).filter(([name, at]) => name !== symbol && now - at < KEPT_MS);
  return JSON.stringify([...others, day].slice(-MOST));
}
