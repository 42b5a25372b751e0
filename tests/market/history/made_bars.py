"""Bars as tests tell them."""

import decimal
import random
from collections.abc import Iterator

from market.history.kept_bar import KeptBar
from market.history.writer import VenueAnswer

MINUTE = 60_000
DAY = 86_400_000
MONDAY = 20_409 * DAY + 14 * 3_600_000 + 30 * MINUTE
"""A Monday of November 2025, half past nine in New York, in ms."""


def bar(at: int, close: str | None = "100.00", volume: str | None = "100", begin: int = MONDAY) -> KeptBar:
    """Return the bar of a minute, all of whose prices are its close."""
    price = None if close is None else decimal.Decimal(close)
    return KeptBar(begin + at * MINUTE, price, price, price, price, None if volume is None else decimal.Decimal(volume))


def answer(*bars: KeptBar, since: int | None = None, until: int | None = None, **options: str) -> VenueAnswer:
    """Return what a venue told, for the time between its first bar and the end of its last unless that is said."""
    times = [one.time for one in bars]
    return VenueAnswer(
        options.get("symbol", "QQQ"), "1m", options.get("link", "one"), min(times) if since is None else since,
        max(times) + MINUTE if until is None else until, bars,
    )  # fmt: skip


def session(seed: int, begin: int = MONDAY, minutes: int = 390) -> Iterator[KeptBar]:
    """Yield the minutes of a regular session of a stock that moves as one does."""
    draw = random.Random(seed)
    price = draw.randint(2_000, 60_000)
    for minute in range(minutes):
        start = price
        ticks = [start, *(start + round(draw.gauss(0, start / 2_500)) for _ in range(3))]
        price = ticks[-1]
        first, high, low, last = (decimal.Decimal(one).scaleb(-2) for one in (start, max(ticks), min(ticks), price))
        volume = decimal.Decimal(int(draw.lognormvariate(9, 1.3)))
        vwap = ((first + high + low + last) / 4).quantize(decimal.Decimal("0.0001"))
        yield KeptBar(begin + minute * MINUTE, first, high, low, last, volume, vwap)
