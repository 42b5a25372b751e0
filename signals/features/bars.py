"""Bars of five minutes as features take them: with their place in the exchange's day. Pure. Times are in ms."""

import datetime
import functools
import typing
from collections.abc import Iterable

from alerts.evaluation.hours import MarketHours, midnight_after, midnight_before, new_york_day
from alerts.rules.fields import has_sessions
from brokers.contract.events import Candle
from lib.studies import StudyBar

LENGTH_MS = 300_000
HALF_HOURS = 13
"""How many half hours a regular session has."""
PARTS = 12
"""In how many parts the day of a symbol is cut that has no sessions."""
_HALF_DAY_MS = 43_200_000
_HOURS = MarketHours()


class FeatureBar(typing.NamedTuple):
    """One closed bar. Prices are in dollars, volume is in shares; None is what the venue did not tell.

    `day` is the exchange's day as an ordinal, `part` which part of its session the bar is in (-1: outside), `elapsed`
    how much of the session is over with it, 0 to 1. It is known from `end` on.
    """

    time: int
    end: int
    close: float
    high: float | None
    low: float | None
    volume: float | None
    vwap: float | None
    day: int
    part: int
    elapsed: float

    @property
    def is_regular(self) -> bool:
        """Whether it lies in the regular session; of what has none, all do."""
        return self.part >= 0

    @property
    def study(self) -> StudyBar:
        """The same as studies take it."""
        return StudyBar(self.time, self.close, self.high, self.low, self.volume, self.vwap, self.day)


class DayBar(typing.NamedTuple):
    """One closed bar of a day: the exchange's day as an ordinal, when it is over, its close and its volume."""

    day: int
    end: int
    close: float
    volume: float | None


def feature_bars(candles: Iterable[Candle]) -> list[FeatureBar]:
    """Return the closed bars among candles of five minutes, oldest first; one without a close is no bar."""
    found = {candle.time: bar for candle in candles if (bar := _feature_bar(candle)) is not None}
    return [found[time] for time in sorted(found)]


def day_bars(candles: Iterable[Candle]) -> list[DayBar]:
    """Return the closed bars among candles of days, oldest first."""
    found = {bar.day: bar for candle in candles if (bar := _day_bar(candle)) is not None}
    return [found[day] for day in sorted(found)]


def _feature_bar(candle: Candle) -> FeatureBar | None:
    close = _number(candle.close)
    if candle.gone is True or candle.closed is not True or close is None or close <= 0:
        return None
    opens, closes, parts = _session(candle.symbol, new_york_day(candle.time))
    end, length = candle.time + LENGTH_MS, max(closes - opens, 1)
    is_inside = opens <= candle.time and end <= closes
    return FeatureBar(
        candle.time, end, close, _number(candle.high), _number(candle.low), _number(candle.volume),
        _number(candle.vwap), new_york_day(candle.time).toordinal(),
        (candle.time - opens) * parts // length if is_inside else -1, (end - opens) / length if is_inside else 0.0,
    )  # fmt: skip


@functools.lru_cache(maxsize=64)
def _regular(day: datetime.date) -> tuple[int, int, int]:
    begins = int(midnight_before(_noon(day)))
    found = _HOURS.hours("regular", begins)
    is_open = new_york_day(found.opens) == day
    return (found.opens, found.closes, HALF_HOURS) if is_open else (0, 0, HALF_HOURS)


@functools.lru_cache(maxsize=64)
def _whole(day: datetime.date) -> tuple[int, int, int]:
    return midnight_before(_noon(day)), midnight_after(_noon(day)), PARTS


def _session(symbol: str, day: datetime.date) -> tuple[int, int, int]:
    """Return when the session of a day begins and ends, and how many parts it has; it has no length where none is."""
    return _regular(day) if has_sessions(symbol) else _whole(day)


def _noon(day: datetime.date) -> int:
    """Return about noon of the exchange's day."""
    return int(datetime.datetime(day.year, day.month, day.day, 17, tzinfo=datetime.UTC).timestamp() * 1000)


def _day_bar(candle: Candle) -> DayBar | None:
    close = _number(candle.close)
    if candle.gone is True or candle.closed is not True or close is None or close <= 0:
        return None
    day = new_york_day(candle.time + _HALF_DAY_MS)  # a venue's day begins at some midnight
    _, ends, _ = _session(candle.symbol, day)
    return DayBar(day.toordinal(), ends or candle.time + 2 * _HALF_DAY_MS, close, _number(candle.volume))


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
