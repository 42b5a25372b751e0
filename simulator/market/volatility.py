"""A year of implied volatility behind every listing, and the volatilities its prices are made with. Pure and seeded.

Volatilities are fractions per year. A day's value does not depend on the day on which it is asked for.
"""

import datetime
import functools
import math
import random

from simulator.market.universe import Listing

MARKET_VOL = 0.16
"""Volatility of the factor that moves the whole market."""
YEAR_DAYS = 252
_BEGIN = datetime.date(2020, 1, 1)
_PERSISTENCE, _SWING = 0.97, 0.055
"""How much of today's distance from the usual is left tomorrow, and what a day adds to it (both in logarithms)."""


def implied_year(seed: int, symbol: str, usual: float, day: datetime.date) -> list[float]:
    """Return the implied volatilities of the year of closes before `day`, oldest first, around the `usual` one."""
    return [usual * math.exp(swing) for swing in _swings(seed, symbol, _weekdays(day))[-YEAR_DAYS:]]


@functools.lru_cache(maxsize=512)
def _swings(seed: int, symbol: str, days: int) -> list[float]:
    draw, swing, found = random.Random(f"{seed}:{symbol}:implied"), 0.0, []
    for _ in range(days):
        swing = _PERSISTENCE * swing + draw.gauss(0.0, _SWING)
        found.append(swing)
    return found


def own(listing: Listing) -> float:
    """Return the volatility a listing has besides the market's: never under three tenths of its whole."""
    return math.sqrt(max(listing.vol**2 - (listing.beta * MARKET_VOL) ** 2, (0.3 * listing.vol) ** 2))


def total(listing: Listing) -> float:
    """Return the volatility its tape moves with."""
    return math.hypot(own(listing), listing.beta * MARKET_VOL)


def correlation(listing: Listing) -> float:
    """Return the correlation of its tape with the market."""
    return listing.beta * MARKET_VOL / total(listing)


def rank(value: float, year: list[float]) -> float:
    """Return where `value` stands between the year's low (0) and high (1)."""
    low, high = min(value, *year), max(value, *year)
    return (value - low) / (high - low) if high > low else 0.0


def percentile(value: float, year: list[float]) -> float:
    """Return the share of the year's closes that were below `value`."""
    return sum(close < value for close in year) / len(year)


def _weekdays(day: datetime.date) -> int:
    """Return the number of weekdays from the beginning to `day`."""
    weeks, rest = divmod((day - _BEGIN).days, 7)
    return weeks * 5 + sum((_BEGIN.weekday() + n) % 7 < 5 for n in range(rest))
