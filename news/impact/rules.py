"""The arithmetic of impact: which prices may be used, the move beyond the market's, and what past moves let expect.

Pure. Times are in ms since the epoch, moves in percent, as logarithms of ratios times 100.
"""

import math
import typing
from collections.abc import Iterable, Mapping, Sequence

METHOD = 1
"""The version of these rules, stored with what they measured."""
MARKET = "SPY"
"""The symbol whose move is the market's."""
MINUTES = (5, 15, 60)
"""How long the windows are, from the first price on."""
MOST_SPREAD_BPS = 50.0
"""A wider market than this has no price that anything could be measured by."""
PATIENCE_MS = 60_000
"""How long the first price, or that at the end of a window, is waited for."""
BEFORE_MS = 15 * 60_000
"""How much before the first price it is looked what had moved already."""
MINUTE_MS = 60_000
QUIET_MS = 30 * MINUTE_MS
"""How much older than asked for the close of a candle may be: where nothing traded the price stayed."""
FEWEST = 50
"""Fewer measured moves of a category than this let expect nothing."""
QUANTILES = (0.1, 0.5, 0.9)

AT_ONCE = frozenset({"unlisted", "halted", "closed", "delayed"})
"""Reasons that hold whatever quote comes next."""


class PriceSample(typing.NamedTuple):
    """A symbol's price as the desk knows it now; `at` is when its quote came last, None while there is none."""

    bid: float | None = None
    ask: float | None = None
    at: int | None = None
    is_live: bool = True
    is_delayed: bool = False
    is_halted: bool = False
    is_unlisted: bool = False
    is_closed: bool = False
    """Whether the whole market is closed, extended hours too."""

    @property
    def mid(self) -> float | None:
        """The middle of the book; None where a side is missing, or the sides crossed."""
        if self.bid is None or self.ask is None or not 0 < self.bid <= self.ask or not math.isfinite(self.ask):
            return None
        return (self.bid + self.ask) / 2

    @property
    def spread_bps(self) -> float | None:
        """The spread in hundredths of a percent of the middle."""
        mid = self.mid
        return None if mid is None or self.bid is None or self.ask is None else (self.ask - self.bid) / mid * 10_000

    @property
    def obstacle(self) -> str:
        """Why nothing can be measured by it; empty where it can."""
        flags = {
            "unlisted": self.is_unlisted,
            "halted": self.is_halted,
            "closed": self.is_closed,
            "delayed": self.is_delayed,
        }
        for reason, holds in flags.items():
            if holds:
                return reason
        spread = self.spread_bps
        if spread is None or not self.is_live:
            return "no_quote"
        return "spread" if spread > MOST_SPREAD_BPS else ""


def judge_start(price: PriceSample, market: PriceSample, received_at: int, now: int) -> str | None:
    """Return whether measuring begins with these prices: empty where it does, why it never can, None to wait.

    The price must have come when the item was there, or later.
    """
    is_late = now - received_at > PATIENCE_MS
    reason = price.obstacle
    if reason in AT_ONCE:
        return reason
    if is_late or reason == "no_quote" or price.at is None or price.at < received_at:
        return "no_quote" if is_late else None
    return reason or (None if market.obstacle else "")


def shrink_beta(beta: float | None) -> float:
    """Return the beta that is reckoned with: shrunk towards 1, as a beta that was measured is too extreme (Blume)."""
    if beta is None or not math.isfinite(beta):
        return 1.0
    return min(3.0, max(0.0, 0.66 * beta + 0.34))


def move_of(start: float, end: float) -> float:
    """Return how far a price went, in percent."""
    return 100 * math.log(end / start)


def move_beyond(start: float, end: float, market_start: float, market_end: float, beta: float) -> float:
    """Return how much further a price went than `beta` times the market, in percent."""
    return move_of(start, end) - beta * move_of(market_start, market_end)


def is_confounded(since: int, minutes: int, earlier: Iterable[int]) -> bool:
    """Whether a window of so many minutes from `since` on begins within one of the same length of an earlier story."""
    return any(start <= since < start + minutes * MINUTE_MS for start in earlier)


def price_at(closes: Mapping[int, float], at: int) -> float | None:
    """Return the close of the minute that ended next to a time, or of one up to half an hour before it.

    `closes` are by the time (ms) at which each minute began.
    """
    ended = [begin for begin in closes if at - QUIET_MS <= begin + MINUTE_MS <= at + MINUTE_MS // 2]
    return closes[max(ended)] if ended else None


class Expectation(typing.NamedTuple):
    """How far a story of a category moves its symbol in 10, 50 and 90 of 100 cases, by `n` moves; else nothing."""

    low: float | None
    mid: float | None
    high: float | None
    n: int


def expect(moves: Sequence[float]) -> Expectation:
    """Return what past moves let expect, whatever their sign; nothing where there are too few."""
    if len(moves) < FEWEST:
        return Expectation(None, None, None, len(moves))
    ordered = sorted(abs(move) for move in moves)
    low, mid, high = (_quantile(ordered, part) for part in QUANTILES)
    return Expectation(low, mid, high, len(moves))


def _quantile(ordered: Sequence[float], part: float) -> float:
    """Return the value below which `part` of the others lie, between two of them in proportion."""
    place = part * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
