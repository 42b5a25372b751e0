// All text a person reads is formatted here. A missing value is an en dash, never a zero.

export const MISSING = "–";
const MINUS = "−";

const formats = new Map();

/** A cached number format: making one costs fifty times more than using it. */
function digits(least, most) {
  const name = `${least}/${most}`;
  let made = formats.get(name);
  if (!made) {
    made = new Intl.NumberFormat("en-US", { minimumFractionDigits: least, maximumFractionDigits: most });
    formats.set(name, made);
  }
  return made;
}

/** Whether there is a number to show at all. */
export const isKnown = (value) => typeof value === "number" && Number.isFinite(value);

const shown = (value, least, most) => digits(least, most).format(Math.abs(value));

/** The sign of what is shown: a value that rounds to zero has none. */
const signOf = (value, text) => (/[1-9]/.test(text) ? (value < 0 ? MINUS : "+") : "");

function signed(value, least, most) {
  const text = shown(value, least, most);
  return signOf(value, text) + text;
}

/** A price: two decimals, up to four where the venue gives them. */
export function price(value) {
  if (!isKnown(value)) return MISSING;
  return (value < 0 ? MINUS : "") + shown(value, 2, 4);
}

/** An amount of money, two decimals. */
export function money(value) {
  if (!isKnown(value)) return MISSING;
  return signed(value, 2, 2).replace("+", "");
}

/** A change of price or money: always with its sign. */
export const change = (value) => (isKnown(value) ? signed(value, 2, 2) : MISSING);

/** What is gained or lost, in whole dollars. */
export const gain = (value) => (isKnown(value) ? signed(value, 0, 0) : MISSING);

/** A percentage given in percent: 0.81 is 0.81 %. */
export const percent = (value) => (isKnown(value) ? `${signed(value, 2, 2)}%` : MISSING);

/** A count or size. */
export const count = (value) => (isKnown(value) ? shown(value, 0, 0) : MISSING);

/** A number with so many decimals. */
export function fixed(value, places) {
  if (!isKnown(value)) return MISSING;
  return signed(value, places, places).replace("+", "");
}

/** A quantity, with the decimals it has. */
export const amount = (value) => (isKnown(value) ? (value < 0 ? MINUS : "") + shown(value, 0, 9) : MISSING);

/** A volatility in percent a year: 0.183 is 18.3. */
export const volatility = (value) => (isKnown(value) ? fixed(value * 100, 1) : MISSING);

/** A strike: as many decimals as it has. */
export const strike = (value) => (isKnown(value) ? shown(value, 0, 3) : MISSING);

const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });

/** A day given as "2026-12-18": "18 Dec 2026". */
export const day = (date) => DAY.format(new Date(date));

const OPTION = /^([A-Z0-9.]{1,6}?)(\d\d)(\d\d)(\d\d)([CP])(\d{8})$/;

/** What an option symbol says: {root, text: "18 Dec 2026 500 C"}; null for what is none. */
export function option(symbol) {
  const [, root, year, month, date, right, digits] = OPTION.exec(symbol) ?? [];
  return root ? { root, text: `${day(`20${year}-${month}-${date}`)} ${strike(digits / 1000)} ${right}` } : null;
}

/** A symbol for people: an option as what it is on, its day, strike and right. */
export function instrument(symbol) {
  const found = option(symbol);
  return found ? `${found.root} ${found.text}` : symbol;
}

/** Which way a change points: "up", "down" or "" (none, or not known). */
export const direction = (value) => (!isKnown(value) || value === 0 ? "" : value > 0 ? "up" : "down");

export const arrow = (value) => ({ up: "▲", down: "▼" })[direction(value)] ?? "";

const AMOUNT = /\d+ [A-Z][a-z]+ \d{4} [\d.,]+ [CP]\b|\b\d[\d.,]*/g;

/** A text without its numbers, but for those that name an option; streaming/templatetags/figures.py writes alike. */
export const veiled = (text) => text.replace(AMOUNT, (found) => (found.includes(" ") ? found : "•••"));

/** An age or a wait in ms, in its largest unit: "3 s", "2 min", "5 h", "3 d". */
export function age(ms) {
  if (!isKnown(ms)) return MISSING;
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`;
}

/** The same where there is little room: "3s", "2m", "5h", "3d". */
export const briefAge = (ms) => age(ms).replace(" min", "m").replace(" ", "");

/** What the choices of a time zone are called where formats are made. */
export const ZONES = { exchange: "America/New_York", utc: "UTC", local: undefined };
let times = timesIn(undefined);

function timesIn(timeZone) {
  const made = (parts) => new Intl.DateTimeFormat("en-GB", { ...parts, timeZone });
  return {
    clock: made({ hour: "2-digit", minute: "2-digit", second: "2-digit" }),
    date: made({ day: "numeric", month: "short" }),
    whole: made({ dateStyle: "short" }),
  };
}

/** Write times of the zone that was chosen (exchange, local, utc) from now on. */
export function useZone(name) {
  times = timesIn(ZONES[name]);
}

/** A time of day in the zone that was chosen: "14:31:07". */
export const clock = (ms) => (isKnown(ms) ? times.clock.format(ms) : MISSING);

/** A moment in the zone that was chosen: its time of day, and before today its day: "14:31:07", "20 Nov 14:31". */
export function moment(at, now) {
  if (!isKnown(at)) return "";
  if (times.whole.format(at) === times.whole.format(now)) return clock(at);
  return `${times.date.format(at)} ${clock(at).slice(0, 5)}`;
}

const SOURCES = { dxfeed_stream: "dxFeed stream", tradier_stream: "Tradier stream" };

/** The name of a feed as a person reads it. */
export const source = (name) => (name ? (SOURCES[name] ?? name.replaceAll("_", " ")) : MISSING);
