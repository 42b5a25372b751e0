"""Features of what the board holds when a bar closes: the newest quote, option activity, earnings and news. Pure.

They have no past that a venue tells: their scores begin once the desk has looked often enough.
"""

import math
import typing
from collections.abc import Callable

import msgspec

QUOTE_OLD_MS = 60_000
"""A quote that says nothing of the moment is missing."""
OPTIONS_OLD_MS = 3_600_000
EXPECTED_DAYS = 30
"""How many days ahead the implied volatility looks."""
STRADDLE = 0.8
"""What a straddle at the money costs for each deviation that its options expect: about √(2 / π)."""


class MarketSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """What was known at `at` (ms), beside bars. None is missing.

    Prices are in dollars, sizes in shares, volatilities are fractions a year, `iv_rank` is in percent. `earnings_days`
    counts days until the next report, `news` the items about the symbol that came within the hour before, of which the
    newest came at `news_at`.
    """

    at: int
    bid: float | None = None
    ask: float | None = None
    bid_size: float | None = None
    ask_size: float | None = None
    iv: float | None = None
    front_iv: float | None = None
    back_iv: float | None = None
    iv_rank: float | None = None
    earnings_days: int | None = None
    news: int | None = None
    news_at: int | None = None


def spread(told: MarketSnapshot) -> float | None:
    """Return (ask − bid) / mid, in hundredths of a percent; missing where the book is crossed or has one side."""
    if not told.bid or not told.ask or not 0 < told.bid <= told.ask:
        return None
    return (told.ask - told.bid) / (told.ask + told.bid) * 20_000


def imbalance(told: MarketSnapshot) -> float | None:
    """Return (bid size − ask size) / (bid size + ask size): -1 to 1."""
    if told.bid_size is None or told.ask_size is None or told.bid_size + told.ask_size <= 0:
        return None
    return (told.bid_size - told.ask_size) / (told.bid_size + told.ask_size)


def term_slope(told: MarketSnapshot) -> float | None:
    """Return front volatility / back volatility: above 1, the near future is expected to be the wilder."""
    return told.front_iv / told.back_iv if told.front_iv and told.back_iv else None


def expected_move(told: MarketSnapshot) -> float | None:
    """Return 0.8 · iv · √(30 / 365): what a straddle of 30 days costs, as a share of the price."""
    return STRADDLE * told.iv * math.sqrt(EXPECTED_DAYS / 365) if told.iv else None


SNAPSHOT_FEATURES: dict[str, Callable[[MarketSnapshot], float | None]] = {
    "spread": spread,
    "imbalance": imbalance,
    "earnings_days": lambda told: told.earnings_days,
    "iv_rank": lambda told: told.iv_rank,
    "term_slope": term_slope,
    "expected_move": expected_move,
    "news_1h": lambda told: None if told.news is None else math.log1p(told.news),
}
"""What reads a feature from a snapshot, by its name; `news_1h` is ln(1 + items)."""


def told_number(item: typing.Mapping[str, typing.Any] | None, name: str) -> float | None:
    """Return a number of what a slot says; None where it does not say one."""
    value = (item or {}).get(name)
    return float(value) if isinstance(value, int | float) else None
