import { INDICATORS, Indicator, inks } from "../../../static/js/chart/indicators.js";
import { claim, isTrue, same } from "../claims.js";
import { TALIB } from "../talib.js";

const MINUTE = 60_000;
const COUNT = 400;

/** Numbers by chance, the same every time. */
function chance(seed) {
  let x = seed;
  return (most) => {
    x = (x * 16_807) % 2_147_483_647;
    return x % most;
  };
}

/** A walk of minutes through an exchange's midnight; those of talib.js. */
function walk() {
  const next = chance(4711);
  let cents = 45_000;
  return Array.from({ length: COUNT }, (_, at) => {
    cents += next(61) - 30;
    const close = cents / 100;
    return { time: Date.parse("2026-11-20T02:00Z") + at * MINUTE, open: close, high: close + 0.3, low: close - 0.2, close, volume: next(5_000), vwap: null };
  });
}

const BARS = walk();
const rows = (name, bars = BARS) => {
  const indicator = new Indicator(name);
  indicator.update(bars);
  return indicator.rows;
};
const isNear = (one, other, within) => (one === null ? other === null : Math.abs(one - other) <= within);
const areNear = (some, others, within) => some.every((one, at) => isNear(one, others[at], within));

claim("every average, band and oscillator says what TA-Lib says", () => {
  for (const [name, wanted] of Object.entries(TALIB)) {
    const found = rows(name);
    for (const [at, values] of Object.entries(wanted)) {
      // Exponential averages begin with the first price here, there with a simple one: that has faded by bar 300.
      isTrue(areNear(found[at], values, 1e-6), `${name} at ${at}: ${found[at]}, not ${values}`);
    }
  }
  same(Object.keys(TALIB).sort(), Object.keys(INDICATORS).filter((name) => name !== "vwap").sort());
});

claim("an RSI is the one that Wilder's is taught with", () => {
  // Fourteen periods of QQQQ, December 2009 to February 2010: StockCharts' "Relative Strength Index", its spreadsheet.
  const closes = [
    44.3389, 44.0902, 44.1497, 43.6124, 44.3278, 44.8264, 45.0955, 45.4245, 45.8433, 46.0826, 45.8931, 46.0328, 45.614,
    46.282, 46.282, 46.0028, 46.0328, 46.4116, 46.2222, 45.6439,
  ];
  const found = rows("rsi", closes.map((close, at) => ({ time: at * MINUTE, close })));
  same(found.slice(0, 14).every(([value]) => value === null), true);
  isTrue(areNear(found.slice(14).map(([value]) => value), [70.53, 66.32, 66.55, 69.41, 66.36, 57.97], 0.005));
});

/** The average price of a day's shares, worked out from its definition. */
function averages(bars) {
  let [day, worth, shares] = ["", 0, 0];
  return bars.map((bar) => {
    const today = new Date(bar.time).toLocaleDateString("en-CA", { timeZone: "America/New_York" });
    if (today !== day) [day, worth, shares] = [today, 0, 0];
    worth += (bar.vwap ?? (bar.high + bar.low + bar.close) / 3) * bar.volume;
    shares += bar.volume;
    return bar.volume ? worth / shares : null;
  });
}

claim("VWAP begins with each day of the exchange, and takes the venue's own average of a bar where there is one", () => {
  const told = BARS.map((bar, at) => (at % 3 ? bar : { ...bar, vwap: bar.close + 0.05 }));
  for (const bars of [BARS, told]) {
    const wanted = averages(bars);
    rows("vwap", bars).forEach(([value], at) => isTrue(isNear(value, wanted[at], 1e-9), `${at}: ${value}, not ${wanted[at]}`));
  }
});

claim("bar by bar, with bars that move, come late or lack a price, they say what they say of all at once", () => {
  const next = chance(77);
  for (const name of Object.keys(INDICATORS)) {
    const indicator = new Indicator(name);
    const bars = [];
    for (let step = 0; step < 500; step += 1) {
      const what = next(20);
      const isNew = bars.length === 0 || what < 8;
      const at = isNew ? bars.length : Math.max(0, bars.length - 1 - (what === 19 ? next(4) : 0));
      const bar = { ...BARS[at % COUNT], close: 400 + next(9_000) / 100, volume: next(4) ? next(900) : 0 };
      bars[at] = next(15) ? bar : { ...bar, close: null, volume: null };
      if (isNew && at >= COUNT) break;
      indicator.update(bars, at);
      if (step % 50 === 49 || at > COUNT - 3) {
        const whole = rows(name, bars);
        same(indicator.rows.length, bars.length);
        indicator.rows.forEach((row, place) => isTrue(areNear(row, whole[place], 1e-6), `${name} ${step}: ${row}, not ${whole[place]}`));
      }
    }
  }
});

claim("each has a colour of its own as long as there are colours", () => {
  same(inks(["sma20", "macd", "rsi"]), [{ name: "sma20", ink: 1 }, { name: "macd", ink: 2 }, { name: "rsi", ink: 4 }]);
  same(inks(["sma20", "sma50", "ema9", "ema21", "vwap", "rsi"]).at(-1).ink, 1);
});
