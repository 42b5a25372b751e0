"""The path of a listing's price: the market's moves, its sector's, its own, jumps by earnings, dividends. Pure.

Paths are logarithms; only their differences mean something. They are read by day, half hour and minute at a cost that
does not depend on how far back these are. An index of volatility returns to its level; everything else goes where
chance takes it.
"""

import bisect
import datetime
import functools
import itertools
import math
import random
import statistics
import typing

from simulator.market import calendar, volatility
from simulator.market.corporate_actions import A_YEAR, dividends, earnings
from simulator.market.moves import activity
from simulator.market.moves.field import Course, PathField, field
from simulator.market.moves.sectors import SAME, SECTOR_SHARE, SECTORS
from simulator.market.universe import Listing

_PREMIUM = 0.06
"""What the market rises by a year."""
_YEAR_ROOT = math.sqrt(activity.YEAR_DAYS)
_RETURN_DAYS = 64
_TOLD_AFTER_CLOSE, _TOLD_BEFORE_OPEN = 16 * 60 + 5, 7 * 60
_SURPRISE_USUAL, _SURPRISE_UNIT = 0.015, 0.05
_BY_SURPRISE, _BY_CHANCE = 2.2, 1.2
"""What earnings move a price by, in usual days' moves: for each 5 % of surprise, and besides."""


class Part(typing.NamedTuple):
    """A field, and what of it a price follows."""

    field: PathField
    loading: float


class Jump(typing.NamedTuple):
    """A move of `size` in one minute of a day."""

    number: int
    minute: int
    size: float


class PricePath:
    """The path of one listing's price, which may follow parts, drift by a year's `drift`, and jump.

    `gaps` are steps between the end of one day and the begin of the next, by the number of the next.
    """

    def __init__(
        self,
        key: str,
        market: Part,
        others: tuple[Part, ...] = (),
        *,
        drift: float = 0.0,
        jumps: tuple[Jump, ...] = (),
        gaps: dict[int, float] | None = None,
        returns: bool = False,
    ) -> None:
        self.key = key
        self.market = market
        self.others = others
        self.parts = (market, *others)
        self._drift = drift / activity.YEAR_DAYS
        self._weights = activity.weights(is_even=False)
        self._jumps = jumps
        self._jumped = list(itertools.accumulate((jump.size for jump in jumps), initial=0.0))
        self._gaps = gaps or {}
        self._gap_days = sorted(self._gaps)
        self._gapped = list(itertools.accumulate((self._gaps[day] for day in self._gap_days), initial=0.0))
        self._returns = returns
        self._grid: dict[int, float] = {}
        self._stepped = (-1, 0.0)

    def levels(self, number: int) -> list[float]:
        """Return the level at the begin of each half hour of a day, and at its end."""
        level, step = self._base(number), self._step(number)
        values = [level + step * n for n in range(activity.SLOTS + 1)]
        for source, loading in self.parts:
            course = source.slots(number).values
            values = [value + loading * each for value, each in zip(values, course, strict=True)]
        for jump in self._on(number):
            for slot in range(jump.minute // activity.SLOT_MINUTES + 1, len(values)):
                values[slot] += jump.size
        return values

    def level(self, number: int, slot: int) -> float:
        """Return the level at the begin of a half hour."""
        return self.levels(number)[slot]

    def lively(self, number: int, until: int) -> list[float]:
        """Return the levels up to the begin of a half hour on a market that is as lively at night as in session."""
        levels = self.levels(number)
        moves = (activity.boost(number, slot) * (levels[slot + 1] - levels[slot]) for slot in range(until))
        return list(itertools.accumulate(moves, initial=levels[0]))

    def start(self, number: int) -> float:
        """Return the level at the begin of a day. Its half hours are not drawn for it."""
        return self._base(number) + sum(part.loading * part.field.day(number).start for part in self.parts)

    def variances(self, number: int) -> list[float]:
        """Return the variance of each half hour of a day."""
        values = [0.0] * activity.SLOTS
        for source, loading in self.parts:
            square, course = loading * loading, source.slots(number).variances
            values = [value + square * each for value, each in zip(values, course, strict=True)]
        return values

    def minutes(self, number: int, slot: int) -> Course:
        """Return the levels of a half hour's minutes, and their variances."""
        courses = [(part.field.minutes(number, slot), part.loading) for part in self.parts]
        level, step = self._base(number), self._step(number) / activity.SLOT_MINUTES
        first = slot * activity.SLOT_MINUTES
        values = [
            level + step * (first + n) + sum(course.values[n] * loading for course, loading in courses)
            for n in range(activity.SLOT_MINUTES + 1)
        ]
        for jump in self._on(number):
            for n in range(max(0, jump.minute - first + 1), len(values)):
                values[n] += jump.size
        squares = [
            sum(course.variances[n] * loading**2 for course, loading in courses) for n in range(activity.SLOT_MINUTES)
        ]
        return Course(values, squares)

    def own_minute(self, number: int, minute: int) -> tuple[float, float]:
        """Return the move of one minute that is not the market's, and its variance."""
        slot, n = divmod(minute, activity.SLOT_MINUTES)
        move, variance = self._step(number) / activity.SLOT_MINUTES, 0.0
        for part in self.others:
            course = part.field.minutes(number, slot)
            move += part.loading * (course.values[n + 1] - course.values[n])
            variance += part.loading**2 * course.variances[n]
        return move + sum(jump.size for jump in self._on(number) if jump.minute == minute), variance

    def gap(self, number: int) -> float:
        """Return the step with which a day begins; 0 on nearly every day."""
        return self._gaps.get(number, 0.0)

    def jumps_on(self, number: int) -> tuple[Jump, ...]:
        """Return the jumps of a day, in order of time."""
        return self._on(number)

    def _on(self, number: int) -> tuple[Jump, ...]:
        first = bisect.bisect_left(self._jumps, (number,))
        return self._jumps[first : bisect.bisect_left(self._jumps, (number + 1,))]

    def _base(self, number: int) -> float:
        jumped = self._jumped[bisect.bisect_left(self._jumps, (number,))]
        jumped += self._gapped[bisect.bisect_right(self._gap_days, number)]
        return jumped + self._drift * self._weights[number] - (self._trend(number) if self._returns else 0.0)

    def _step(self, number: int) -> float:
        """Return the part of a half hour in what is not chance."""
        if self._stepped[0] == number:
            return self._stepped[1]
        step = self._drift * (self._weights[number + 1] - self._weights[number])
        if self._returns:
            step -= self._trend(number + 1) - self._trend(number)
        self._stepped = number, step / activity.SLOTS
        return self._stepped[1]

    def _trend(self, number: int) -> float:
        """Return where chance alone took the price, smoothed over some months."""
        return sum(self._between(number, offset) for offset in (0, _RETURN_DAYS // 2)) / 2

    def _between(self, number: int, offset: int) -> float:
        begin = (number - offset) // _RETURN_DAYS * _RETURN_DAYS + offset
        share = (number - begin) / _RETURN_DAYS
        return self._chance(begin) * (1 - share) + self._chance(begin + _RETURN_DAYS) * share

    def _chance(self, number: int) -> float:
        if number not in self._grid:
            self._grid[number] = sum(part.field.day(number).start * part.loading for part in self.parts)
        return self._grid[number]


@functools.lru_cache(maxsize=2048)
def realised(path: PricePath, day: datetime.date, days: int) -> float:
    """Return the volatility of a path's moves on the `days` trading days before `day`, as a fraction per year."""
    starts = [path.start(activity.number_of(day))]
    for _ in range(days):
        day = calendar.before(day)
        starts.append(path.start(activity.number_of(day)))
    return statistics.stdev(after - before for before, after in itertools.pairwise(starts)) * _YEAR_ROOT


def market_field(seed: int) -> PathField:
    """Return the field that moves the whole market."""
    return field(f"{seed}:market")


@functools.lru_cache(maxsize=1024)
def path_of(seed: int, listing: Listing, code: str = "", *, has_dividends: bool = False) -> PricePath:
    """Return the path of a listing; `code` is a future's product, all months of which share one.

    With `has_dividends` a price begins each ex day lower by what is paid.
    """
    name = code or listing.symbol
    key, sector, own = SAME.get(name, name), SECTORS.get(name), volatility.own(listing)
    is_coin = listing.kind == "crypto"
    shared = SECTOR_SHARE if sector else 0.0
    climate = "" if is_coin else f"{seed}:market"
    others = [Part(field(f"{seed}:own:{key}", climate=climate, is_even=is_coin), own * math.sqrt(1 - shared))]
    if sector:
        common = field(f"{seed}:sector:{sector}", climate=climate, is_even=is_coin)
        others.append(Part(common, own * math.sqrt(shared)))
    market = Part(market_field(seed), listing.beta * volatility.MARKET_VOL)
    gaps = _gaps(listing) if has_dividends else None
    if listing.kind == "index":
        return PricePath(key, market, tuple(others), returns=True)
    return PricePath(key, market, tuple(others), drift=_PREMIUM * listing.beta, jumps=_jumps(seed, listing), gaps=gaps)


def plain_path(key: str, vol: float, *, is_even: bool = False) -> PricePath:
    """Return the path of something that knows no market: it moves by itself alone, by `vol` a year."""
    still = Part(field(f"{key}:market", is_even=is_even), 0.0)
    return PricePath(key, still, (Part(field(key, is_even=is_even), vol),))


def _jumps(seed: int, listing: Listing) -> tuple[Jump, ...]:
    daily = listing.vol / math.sqrt(activity.YEAR_DAYS)
    minute = _TOLD_BEFORE_OPEN if listing.exchange == "N" else _TOLD_AFTER_CLOSE
    draw = random.Random(f"{seed}:{listing.symbol}:earnings")
    told = {report.reported: report for year in _EARNING_YEARS for report in earnings(listing, year)}
    jumps = []
    for day, report in sorted(told.items()):
        surprise = report.eps / report.consensus - 1 - _SURPRISE_USUAL if report.consensus else 0.0
        size = daily * (_BY_SURPRISE * surprise / _SURPRISE_UNIT + _BY_CHANCE * draw.gauss(0.0, 1.0))
        jumps.append(Jump(activity.number_of(day), minute, size))
    return tuple(jumps)


def _gaps(listing: Listing) -> dict[int, float]:
    """Return the steps of a price on its ex days: the part of it that is paid out."""
    days = {each.ex_day for year in _EARNING_YEARS for each in dividends(listing, year)}
    return {activity.number_of(day): math.log1p(-listing.dividend / A_YEAR) for day in days}


_EARNING_YEARS = tuple(activity.day_of(number) for number in (8_000, 10_500, 13_000, activity.DAYS - 400))
