"""Black–Scholes–Merton: price and Greeks of a European option on a stock with a dividend yield, or a future. Pure.

Rates, yields and volatility are fractions per year, time is in years. Greeks are per share of the underlying, in the
units of dxFeed and of every screen: theta per calendar day, vega and rho per 1 percentage point.
"""

import math

import msgspec

DAYS_A_YEAR = 365.0


class Valuation(msgspec.Struct, frozen=True):
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


def value(right: str, spot: float, strike: float, years: float, iv: float, rate: float, dividend: float) -> Valuation:
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
    return Valuation(
        price=max(0.0, sign * (held - owed)),
        delta=sign * growth * normal_cdf(sign * d1),
        gamma=density / (spot * iv * root),
        theta=decay / DAYS_A_YEAR,
        vega=spot * density * root / 100.0,
        rho=sign * years * owed / 100.0,
    )


def value_on_future(right: str, future: float, strike: float, years: float, iv: float, rate: float) -> Valuation:
    """Value a European option on a future (Black 1976): one on a stock that yields as much as money costs.

    Only rho differs: when rates move, the future's price does not.
    """
    valued = value(right, future, strike, years, iv, rate, rate)
    return msgspec.structs.replace(valued, rho=-max(0.0, years) * valued.price / 100.0)


def _expired(sign: float, spot: float, strike: float) -> Valuation:
    intrinsic = max(0.0, sign * (spot - strike))
    return Valuation(price=intrinsic, delta=sign if intrinsic else 0.0, gamma=0.0, theta=0.0, vega=0.0, rho=0.0)
