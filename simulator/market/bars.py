"""Bars of trading, and how finer ones make coarser ones: what every candle is put together from. Pure.

A bar sums up the prints (or quotes) of one slot of time. A slot without any has no bar. Bars of one step make those
of a coarser one by `gather`: open of the first, close of the last, highest, lowest, and sums. Times are ms since the
epoch; NaN is a number that does not exist, and stays NaN in every sum (an index has no volume).
"""

import bisect
import collections
import datetime
import itertools
import math
import struct
import typing

import msgspec

from simulator.market import calendar

SECOND, MINUTE, HALF_HOUR, DAY = 1_000, 60_000, 1_800_000, 86_400_000
"""The steps in which bars are kept, in ms. A day's bar begins at UTC's midnight of its New York day, as dxFeed's do."""
NAN = math.nan
_LONGEST = 5_000
_ADJUSTED_PLACES = 4
_MONDAY = 3
"""1970-01-01, day 0, was a Thursday: three days after a Monday."""


class SimBar(msgspec.Struct, gc=False):
    """One slot from `at` on. Prices in dollars, volumes in shares or contracts, `turnover` price times volume."""

    at: int
    open: float
    high: float
    low: float
    close: float
    count: int = 1
    volume: float = NAN
    turnover: float = NAN
    bid_volume: float = NAN
    ask_volume: float = NAN
    iv: float = NAN

    def merge(self, later: "SimBar") -> None:
        """Take what came `later` into this bar."""
        self._add(later)
        self.close, self.iv = later.close, later.iv

    def precede(self, earlier: "SimBar") -> None:
        """Take what came `earlier` into this bar."""
        self._add(earlier)
        self.open = earlier.open

    def _add(self, other: "SimBar") -> None:
        self.high = max(self.high, other.high)
        self.low = min(self.low, other.low)
        self.count += other.count
        self.volume += other.volume
        self.turnover += other.turnover
        self.bid_volume += other.bid_volume
        self.ask_volume += other.ask_volume

    def split(self, ratio: int) -> "SimBar":
        """Return this in the shares of after a split, `ratio` for each old one: cheaper, and more of them."""
        return msgspec.structs.replace(
            self,
            **{name: round(getattr(self, name) / ratio, _ADJUSTED_PLACES) for name in ("open", "high", "low", "close")},
            **{name: getattr(self, name) * ratio for name in ("volume", "bid_volume", "ask_volume")},
        )

    @property
    def vwap(self) -> float:
        """The average price a share changed hands at; NaN without volume."""
        return self.turnover / self.volume if self.volume else NAN


def point(at: int, price: float) -> SimBar:
    """Return the bar of one quoted price: it has no volume."""
    return SimBar(at, price, price, price, price)


Unit = typing.Literal["s", "m", "h", "d", "w", "mo"]
UNITS: tuple[Unit, ...] = typing.get_args(Unit)
_LENGTHS = {"s": SECOND, "m": MINUTE, "h": 60 * MINUTE}


class BarPeriod(msgspec.Struct, frozen=True):
    """How long a candle is: `number` of `unit`. `by_session` counts its slots from the open, not from midnight."""

    unit: Unit
    number: int = 1
    by_session: bool = False

    @property
    def step(self) -> int:
        """The coarsest bars this can be put together from."""
        if self.unit == "s":
            return SECOND
        if self.unit not in _LENGTHS:
            return DAY
        return MINUTE if self.number * _LENGTHS[self.unit] % HALF_HOUR else HALF_HOUR


def period(unit: str, number: int, *, by_session: bool = False) -> BarPeriod | None:
    """Return a period of `number` units. None for a unit nobody aggregates by here, or a number out of all bounds."""
    if unit not in UNITS or not 0 < number <= _LONGEST:
        return None
    return BarPeriod(unit, number, by_session)


class Slots:
    """The slots of one period: when the slot of a moment begins. Remembers the last day it was asked about."""

    def __init__(self, period: BarPeriod) -> None:
        self.period = period
        self._from = self._until = self._origin = 0

    def start(self, at: int) -> int:
        """Return when the slot that `at` belongs to begins. Slots shorter than a day never reach over midnight."""
        unit, number = self.period.unit, self.period.number
        if unit not in _LENGTHS:
            return _calendar_start(unit, number, at)
        if not self._from <= at < self._until:
            self._enter_day(at)
        length = number * _LENGTHS[unit]
        return max(self._from, self._origin + (at - self._origin) // length * length)

    def _enter_day(self, at: int) -> None:
        day = calendar.day_of(at)
        self._from, self._until = calendar.at_clock(day, 0), calendar.day_ends(at)
        self._origin = calendar.at_clock(day, 9, 30) if self.period.by_session else self._from


def _calendar_start(unit: Unit, number: int, at: int) -> int:
    """Return the start of a slot of days, weeks (from Monday) or months that holds the day's bar `at`."""
    days = at // DAY
    if unit == "d":
        return days // number * number * DAY
    if unit == "w":
        weeks = (days + _MONDAY) // 7 // number * number
        return (weeks * 7 - _MONDAY) * DAY
    day = datetime.date(1970, 1, 1) + datetime.timedelta(days=days)
    months = (day.year * 12 + day.month - 1) // number * number
    return calendar.day_id(datetime.date(max(1, months // 12), months % 12 + 1, 1)) * DAY


def gather(bars: typing.Iterable[SimBar], slots: Slots) -> typing.Iterator[SimBar]:
    """Put bars together, both from the newest to the oldest."""
    whole: SimBar | None = None
    for bar in bars:
        at = slots.start(bar.at)
        if whole is not None and whole.at == at:
            whole.precede(bar)
            continue
        if whole is not None:
            yield whole
        whole = msgspec.structs.replace(bar, at=at)
    if whole is not None:
        yield whole


_ROW = struct.Struct("<q4dq5d")


class Track:
    """The bars of one step as they come in. Those that begin more than `kept` ms before the newest are forgotten.

    All but the newest are kept packed, in a third of the memory: a venue that is left running has a million of them.
    """

    def __init__(self, step: int, kept: int) -> None:
        self.step = step
        self.kept = kept
        self._newest: SimBar | None = None
        self._rows: collections.deque[bytes] = collections.deque()

    def apply(self, at: int, bar: SimBar) -> None:
        """Let `bar` follow in the slot that begins `at`. A clock that was put back changes the newest slot."""
        if self._newest is not None and at <= self._newest.at:
            self._newest.merge(bar)
            return
        if self._newest is not None:
            self._rows.append(_ROW.pack(*msgspec.structs.astuple(self._newest)))
        self._newest = msgspec.structs.replace(bar, at=at)
        while self._rows and _ROW.unpack(self._rows[0])[0] < at - self.kept:
            self._rows.popleft()

    def split(self, ratio: int) -> None:
        """Have every bar in the shares of after a split, `ratio` for each old one."""
        if self._newest is not None:
            self._newest = self._newest.split(ratio)
        rows = (SimBar(*_ROW.unpack(row)).split(ratio) for row in self._rows)
        self._rows = collections.deque(_ROW.pack(*msgspec.structs.astuple(bar)) for bar in rows)

    def bars(self, since: int, until: float = math.inf) -> typing.Iterator[SimBar]:
        """Yield the bars that begin at or after `since` and not after `until`, the newest first."""
        if self._newest is None or self._newest.at < since:
            return
        if self._newest.at <= until:
            yield self._newest
        later = len(self._rows) - bisect.bisect_right(self._rows, until, key=_begin)
        for row in itertools.islice(reversed(self._rows), later, None):
            bar = SimBar(*_ROW.unpack(row))
            if bar.at < since:
                return
            yield bar


def _begin(row: bytes) -> int:
    return int.from_bytes(row[:8], "little")
