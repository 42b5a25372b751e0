"""Bars of five minutes of past sessions, and the book half a minute after each: what a desk would have seen. Pure.

Prices are read off the path that the market's own past is read off, minute by minute; books lean as those of a market
with an edge do when one looks a few seconds after a bar. No more is drawn by chance than spreads and volumes.
"""

import datetime
import math
import random
import typing
from collections.abc import Iterator

import msgspec

from simulator.market import calendar, volatility
from simulator.market.bar_split import on_tick
from simulator.market.moves import activity
from simulator.market.moves.day_so_far import previous_close
from simulator.market.moves.planted_edge import BAR_MS, PlantedEdge
from simulator.market.moves.price_path import path_of
from simulator.market.universe import Listing

_BAR_MINUTES: typing.Final = 5
LATER_MS: typing.Final = 30_000
"""How long after a bar its book is looked at: less than a minute."""
_LOTS = 20
"""Lots on each side of a book that leans to neither."""


class BookBar(msgspec.Struct, frozen=True, kw_only=True):
    """One bar, and the book LATER_MS after it. Prices in dollars, volume and sizes in shares, `at` its begin in ms."""

    symbol: str
    at: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    bid: float
    ask: float
    bid_size: float
    ask_size: float

    @property
    def mid(self) -> float:
        """Halfway between bid and ask."""
        return (self.bid + self.ask) / 2


class PastBooks:
    """One listing's past sessions before `today`, on a market of this seed that began then.

    `edge` and `has_actions` are as in SimMarket.
    """

    def __init__(
        self, seed: int, listing: Listing, today: datetime.date, edge: float = 0.0, *, has_actions: bool = False
    ) -> None:
        self.listing = listing
        self._path = path_of(seed, listing, has_dividends=has_actions)
        self._edge = PlantedEdge(seed, edge)
        self._draw = random.Random(f"{seed}:{listing.symbol}:books")
        self._reference = previous_close(self._path, listing.kind, today)
        self._usual = listing.volume * 1e6 * _BAR_MINUTES / 390
        self._deviation = volatility.total(listing) * math.sqrt(_BAR_MINUTES / 390 / activity.YEAR_DAYS)

    def session(self, day: datetime.date) -> Iterator[BookBar]:
        """Yield the bars of a trading day's regular session, oldest first."""
        number = activity.number_of(day)
        begin, end = calendar.at_clock(day, 9, 30), calendar.closing(day)
        first, last = (activity.position(at)[1] // activity.SLOT_MINUTES for at in (begin, end))
        courses = [self._path.minutes(number, slot) for slot in range(first, last + 1)]
        levels = [level for course in courses for level in course.values[:-1]]
        variances = [variance for course in courses for variance in course.variances]
        for place, at in enumerate(range(begin, end, BAR_MS)):
            minutes = slice(place * _BAR_MINUTES, (place + 1) * _BAR_MINUTES)
            yield self._bar(at, levels[minutes.start : minutes.stop + 2], sum(variances[minutes]))

    def _bar(self, at: int, levels: list[float], variance: float) -> BookBar:
        """Return a bar by the levels at the begin of each of its minutes, and of the two after it."""
        listing, draw = self.listing, self._draw
        *prices, after = (listing.price * math.exp(level - self._reference) for level in levels)
        fair = prices[-1] + (after - prices[-1]) * LATER_MS / activity.MINUTE_MS
        wild = min(4.0, max(0.4, math.sqrt(variance) / self._deviation))
        width = max(1, round(listing.spread / listing.tick * math.sqrt(max(1.0, wild)) * draw.uniform(0.6, 1.6)))
        below = max(1, round(fair / listing.tick - width / 2))
        lean = self._edge.lean(self._path, at + BAR_MS)
        lots = _LOTS / math.sqrt(wild)
        return BookBar(
            symbol=listing.symbol, at=at, open=on_tick(prices[0], listing.tick),
            high=on_tick(max(prices), listing.tick), low=on_tick(min(prices), listing.tick),
            close=on_tick(prices[-1], listing.tick), volume=round(self._usual * wild * draw.uniform(0.6, 1.4)),
            bid=round(below * listing.tick, listing.places), ask=round((below + width) * listing.tick, listing.places),
            bid_size=max(1, round(lots * (1 + lean))) * listing.lot,
            ask_size=max(1, round(lots * (1 - lean))) * listing.lot,
        )  # fmt: skip
