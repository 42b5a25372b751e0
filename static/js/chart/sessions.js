// The exchange's clock, when its regular session is, and times of bars in the zone that was chosen. Times are in ms.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const OPENS = 9.5 * 60;
const [CLOSES, CLOSES_EARLY] = [16 * 60, 13 * 60];
const [FRIDAY, JULY, NOVEMBER, DECEMBER] = [5, 6, 10, 11];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const PARTS = new Intl.DateTimeFormat("en-US", {
  timeZone: "America/New_York",
  hourCycle: "h23",
  year: "numeric",
  month: "numeric",
  day: "numeric",
  hour: "numeric",
});
const offsets = new Map();

/** By how much New York's clock is ahead of UTC. It changes on the hour only. */
function offset(time) {
  const hour = Math.floor(time / HOUR);
  let found = offsets.get(hour);
  if (found === undefined) {
    const parts = Object.fromEntries(PARTS.formatToParts(hour * HOUR).map(({ type, value }) => [type, Number(value)]));
    found = Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour) - hour * HOUR;
    if (offsets.size > 20_000) offsets.clear();
    offsets.set(hour, found);
  }
  return found;
}

/** A moment on the exchange's clock, as if that were UTC. */
const local = (time) => time + offset(time);

/** The exchange's day that a moment is in, as a number. */
export const exchangeDay = (time) => Math.floor(local(time) / DAY);

/** Whether what this symbol trades in has a regular session: futures and coins have none. */
export const hasSessions = (symbol) => !symbol.includes("/");

/** Whether the exchange closes at one on this day of its clock, if it opens: brokers/instruments/calendar.py has the rules. */
function isHalf(day) {
  const [month, date] = [day.getUTCMonth(), day.getUTCDate()];
  if (month === NOVEMBER) return day.getUTCDay() === FRIDAY && date > 22 && date < 30;
  return (month === JULY && date === 3) || (month === DECEMBER && date === 24);
}

/** Whether a moment is in the regular session of the exchange, if there is one on its day: holidays have no bars. */
export function isRegular(time) {
  const minute = Math.floor((local(time) % DAY) / MINUTE);
  return minute >= OPENS && minute < (isHalf(new Date(local(time))) ? CLOSES_EARLY : CLOSES);
}

/** Stretches of bars outside the regular session: [[first, last], …], indices. None where a bar is a day. */
export function outside(bars, symbol, length) {
  const found = [];
  if (length >= DAY || !hasSessions(symbol)) return found;
  bars.forEach(({ time }, at) => {
    // An hour's bar that holds the open belongs to the session.
    if (isRegular(time) || isRegular(time + length - 1)) return;
    if (found.at(-1)?.[1] === at - 1) found.at(-1)[1] = at;
    else found.push([at, at]);
  });
  return found;
}

/** What the choices of a time zone are called: where a sentence ends with a time. */
export const ZONE_NAMES = { exchange: "New York time", utc: "UTC", local: "your time" };

const AHEAD = { exchange: offset, utc: () => 0, local: (time) => -new Date(time).getTimezoneOffset() * MINUTE };
let zone = "exchange";

/** Write times of bars in this zone (exchange, utc, local) from now on. Returns whether it is another one. */
export function useBarZone(name) {
  const before = zone;
  zone = name in AHEAD ? name : "local";
  return zone !== before;
}

/** What the zone is called that times of bars are written in. */
export const barZone = () => ZONE_NAMES[zone];

/** A moment on the clock that was chosen, as if that were UTC; `isSteady`: without summer time, so that it never repeats. */
export const shownTime = (time, isSteady = false) =>
  time + (isSteady && zone === "exchange" ? -5 * HOUR : AHEAD[zone](isSteady ? Date.now() : time));

const two = (number) => String(number).padStart(2, "0");

/** When a bar began, as its chart writes it: "20 Nov 14:35" on the clock that was chosen, a day's "20 Nov 2026". */
export function barTime(time, length) {
  const at = new Date(length >= DAY ? time : shownTime(time));
  const day = `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]}`;
  return length >= DAY ? `${day} ${at.getUTCFullYear()}` : `${day} ${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`;
}

/** A mark of the time axis. `kind` is what changes there: 0 the year, 1 the month, 2 the day, else the time. */
export function tick(time, kind, length) {
  const at = new Date(length >= DAY ? time : shownTime(time));
  if (kind === 0) return String(at.getUTCFullYear());
  if (kind === 1) return MONTHS[at.getUTCMonth()];
  if (kind === 2) return String(at.getUTCDate());
  return `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`;
}

/** How long until a bar ends: "4:07", "1:02:03"; "" once it has. */
export function countdown(time, length, now) {
  const seconds = Math.ceil((time + length - now) / 1000);
  if (!(seconds > 0)) return "";
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}
