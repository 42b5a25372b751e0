"""Black–Scholes–Merton: price and Greeks of a European option on a stock with a dividend yield, or a future. Pure.

Rates, yields and volatility are fractions per year, time is in years. Greeks are per share of the underlying, in the
units of dxFeed and of every screen: theta per calendar day, vega and rho per 1 percentage point.
"""

import math

import msgspec

DAYS_A_YEAR = 365.0
LEAST_VOL, MOST_VOL = 1e-3, 20.0
"""Volatilities an option is looked for between."""
_STEPS, _CLOSE = 100, 1e-12


class OptionValuation(msgspec.Struct, frozen=True):
    """What one option is worth, and how that changes."""

    price: float
    delta: float
    gamma: float
    theta: float
    vega: float
    rho: float


def normal_cdf(x: float) -> float:
    """Return the standard normal distribution at `x`."""
    return 0.5 * math.erfc(-x / math.sqrt(2.0))


def normal_pdf(x: float) -> float:
    """Return the standard normal density at `x`."""
    return math.exp(-0.5 * x * x) / math.sqrt(2.0 * math.pi)


def value(
    right: str, spot: float, strike: float, years: float, iv: float, rate: float, dividend: float
) -> OptionValuation:
    """Value a call (`right` is `C`) or a put (`P`). Once expired (`years` <= 0) only the intrinsic value is left."""
    sign = 1.0 if right == "C" else -1.0
    if years <= 0.0 or iv <= 0.0:
        return _expired(sign, spot, strike)
    root = math.sqrt(years)
    d1 = (math.log(spot / strike) + (rate - dividend + 0.5 * iv * iv) * years) / (iv * root)
    d2 = d1 - iv * root
    growth, discount = math.exp(-dividend * years), math.exp(-rate * years)
    held, owed = spot * growth * normal_cdf(sign * d1), strike * discount * normal_cdf(sign * d2)
    density = growth * normal_pdf(d1)
    decay = -spot * density * iv / (2.0 * root) - sign * (rate * owed - dividend * held)
    return OptionValuation(
        price=max(0.0, sign * (held - owed)),
        delta=sign * growth * normal_cdf(sign * d1),
        gamma=density / (spot * iv * root),
        theta=decay / DAYS_A_YEAR,
        vega=spot * density * root / 100.0,
        rho=sign * years * owed / 100.0,
    )


def value_on_future(right: str, future: float, strike: float, years: float, iv: float, rate: float) -> OptionValuation:
    """Value a European option on a future (Black 1976): one on a stock that yields as much as money costs.

    Only rho differs: when rates move, the future's price does not.
    """
    valued = value(right, future, strike, years, iv, rate, rate)
    return msgspec.structs.replace(valued, rho=-max(0.0, years) * valued.price / 100.0)


def implied_vol(
    right: str, price: float, spot: float, strike: float, years: float, rate: float, dividend: float
) -> float | None:
    """Return the volatility at which an option is worth `price`: Newton's steps, held between bounds that close in.

    None where there is none: a price at or beyond its bounds, an option that has expired.
    """
    if not (years > 0.0 and price > 0.0 and spot > 0.0 and strike > 0.0):
        return None
    low, high = LEAST_VOL, MOST_VOL
    if not _worth(right, spot, strike, years, low, rate, dividend) < price:
        return None
    if not _worth(right, spot, strike, years, high, rate, dividend) > price:
        return None
    forward = spot * math.exp((rate - dividend) * years)
    vol = min(max(math.sqrt(2.0 * abs(math.log(forward / strike)) / years), 0.1), 3.0)  # where vega is largest
    for _ in range(_STEPS):
        valued = value(right, spot, strike, years, vol, rate, dividend)
        over = valued.price - price
        if over > 0.0:
            high = vol
        else:
            low = vol
        slope = valued.vega * 100.0
        step = over / slope if slope > 0.0 else math.inf
        then = vol - step if low < vol - step < high else (low + high) / 2.0
        if abs(then - vol) < _CLOSE:
            return then
        vol = then
    return vol


def _worth(right: str, spot: float, strike: float, years: float, vol: float, rate: float, dividend: float) -> float:
    return value(right, spot, strike, years, vol, rate, dividend).price


def implied_dividend(call: float, put: float, spot: float, strike: float, years: float, rate: float) -> float | None:
    """Return the dividend yield at which a call and its put agree, by put-call parity; borrowing costs are part of it.

    None where their prices make no sense, or nothing is left of their time.
    """
    forward = strike + (call - put) * math.exp(rate * years)
    if not (years > 0.0 and spot > 0.0 and forward > 0.0):
        return None
    return rate - math.log(forward / spot) / years


def _expired(sign: float, spot: float, strike: float) -> OptionValuation:
    intrinsic = max(0.0, sign * (spot - strike))
    return OptionValuation(price=intrinsic, delta=sign if intrinsic else 0.0, gamma=0.0, theta=0.0, vega=0.0, rho=0.0)


USUAL = 0.04


class _Rates:
    risk_free = USUAL


def risk_free() -> float:
    """Return the risk-free rate as a fraction a year, continuously compounded."""
    return _Rates.risk_free


def use(rate: float) -> None:
    """Value with this rate from now on."""
    _Rates.risk_free = rate
