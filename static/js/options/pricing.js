// Black–Scholes–Merton: price and Greeks of a European option; brokers/instruments/pricing.py reckons alike, and a test compares them.
//
// Rates, yields and volatility are fractions a year, time is in years. Greeks are per share: theta per calendar day, vega
// per percentage point.

const DAYS_A_YEAR = 365;
const YEAR_MS = DAYS_A_YEAR * 86_400_000;
const UPPER = [
  3.52624965998911e-2, 0.700383064443688, 6.37396220353165, 33.912866078383, 112.079291497871, 221.213596169931,
  220.206867912376,
];
const LOWER = [
  8.83883476483184e-2, 1.75566716318264, 16.064177579207, 86.7807322029461, 296.564248779674, 637.333633378831,
  793.826512519948, 440.413735824752,
];

const polynomial = (factors, x) => factors.reduce((sum, factor) => sum * x + factor, 0);

/** The standard normal distribution at `x`, to 1e-14 (Hart 1968, as West 2005 has it). */
export function normalCdf(x) {
  const z = Math.abs(x);
  const tail = z > 37 ? 0 : Math.exp((-z * z) / 2) * ratio(z);
  return x > 0 ? 1 - tail : tail;
}

function ratio(z) {
  if (z < 7.07106781186547) return polynomial(UPPER, z) / polynomial(LOWER, z);
  return 1 / (z + 1 / (z + 2 / (z + 3 / (z + 4 / (z + 0.65))))) / Math.sqrt(2 * Math.PI);
}

const normalPdf = (x) => Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);

/** The time from `at` to `ends` (both ms) in years; 0 once it is over. */
export const yearsUntil = (ends, at) => Math.max(0, ends - at) / YEAR_MS;

/** {price, delta, gamma, theta, vega} of a call (`right` is "C") or a put ("P"); once expired, what it is worth by itself. */
export function value(right, spot, strike, years, iv, rate, dividend) {
  const sign = right === "C" ? 1 : -1;
  if (years <= 0) return expired(sign, spot, strike);
  const root = Math.sqrt(years);
  const d1 = (Math.log(spot / strike) + (rate - dividend + 0.5 * iv * iv) * years) / (iv * root);
  const [growth, discount] = [Math.exp(-dividend * years), Math.exp(-rate * years)];
  const held = spot * growth * normalCdf(sign * d1);
  const owed = strike * discount * normalCdf(sign * (d1 - iv * root));
  const density = growth * normalPdf(d1);
  return {
    price: Math.max(0, sign * (held - owed)),
    delta: sign * growth * normalCdf(sign * d1),
    gamma: density / (spot * iv * root),
    theta: ((-spot * density * iv) / (2 * root) - sign * (rate * owed - dividend * held)) / DAYS_A_YEAR,
    vega: (spot * density * root) / 100,
  };
}

function expired(sign, spot, strike) {
  const price = Math.max(0, sign * (spot - strike));
  return { price, delta: price ? sign : 0, gamma: 0, theta: 0, vega: 0 };
}

/** The yield a year at which a call and a put of one strike agree, by put-call parity; null where they make no sense. */
export function impliedDividend(call, put, spot, strike, years, rate) {
  const forward = strike + (call - put) * Math.exp(rate * years);
  return years > 0 && spot > 0 && forward > 0 ? rate - Math.log(forward / spot) / years : null;
}
