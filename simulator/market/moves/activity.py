"""How much of a day's moves falls into each half hour, and how much of all moves on each day. Pure.

A day here is one of New York, midnight to midnight, in 48 slots of half an hour; days are numbered from 2000-01-01.
"""

import datetime
import functools
import itertools
import typing

from simulator.market import calendar

SLOTS = 48
SLOT_MINUTES = 30
MINUTE_MS, SLOT_MS = 60_000, 1_800_000
YEAR_DAYS = 252
SESSION_MINUTES = 390 / 0.78
"""Into how many of a session's mean minutes a day's variance would go."""
DAYS = 16_384
"""How many days there are: 2000 to 2044."""
OPEN_SLOT, CLOSE_SLOT = 19, 32
"""The slot that begins with the regular session, and the one after its end."""
_EPOCH = calendar.day_id(datetime.date(2000, 1, 1))
_IDLE_WEIGHT = 0.035
"""A weekend's or holiday's day moves prices by so much of a trading day's variance: French and Roll (1986)."""
_REGULAR_SHARE = 0.78
_NIGHT = ((8, 0.02), (8, 0.05), (3, 0.06), (8, 0.06), (8, 0.03))
"""Variance from midnight to 4:00, to 8:00, to the open; from the close to 20:00, to midnight; shares of a day's."""
RELEASE_SLOT, _RELEASE_SHARE = 17, 0.22
DECISION_SLOT, _DECISION_SHARE = 28, 0.35
_DECISION_MONTHS = frozenset({1, 3, 5, 6, 7, 9, 11, 12})


def _regular() -> list[float]:
    shape = [0.62 + (2.1 if x < 0 else 1.15) * x * x for x in (2 * n / 12 - 1 for n in range(13))]
    return [_REGULAR_SHARE * each / sum(shape) for each in shape]


def _trading_day() -> tuple[float, ...]:
    spread = [[share / slots] * slots for slots, share in _NIGHT]
    return (*spread[0], *spread[1], *spread[2], *_regular(), *spread[3], *spread[4])


TRADING: typing.Final = _trading_day()
"""Shares of a trading day's variance by slot: a smile over the session, little at night."""
EVEN: typing.Final = (1 / SLOTS,) * SLOTS
_LIVELY = _REGULAR_SHARE / 13


def number_of(day: datetime.date) -> int:
    """Return the number of a day."""
    return calendar.day_id(day) - _EPOCH


def day_of(number: int) -> datetime.date:
    """Return the day of a number."""
    return datetime.date.fromordinal(datetime.date(2000, 1, 1).toordinal() + number)


@functools.lru_cache(maxsize=4096)
def midnight(number: int) -> int:
    """Return when a day begins, in ms since the epoch."""
    return calendar.at_clock(day_of(number), 0)


def position(at: float) -> tuple[int, int]:
    """Return the day's number and the minute of the day that `at` belongs to; the last minute of a longer day stays."""
    number = int(at // 86_400_000) - _EPOCH
    if at < midnight(number):
        number -= 1
    minute = int(at - midnight(number)) // MINUTE_MS
    return number, min(minute, SLOTS * SLOT_MINUTES - 1)


@functools.lru_cache(maxsize=8192)
def profile(number: int) -> tuple[float, ...]:
    """Return the shares of a day's variance by slot: uneven on trading days, more so when figures are released."""
    day = day_of(number)
    if not calendar.is_trading_day(day):
        return EVEN
    extra = [(slot, share) for slot, share, is_due in _releases(day) if is_due]
    if not extra:
        return TRADING
    left = 1.0 - sum(share for _, share in extra)
    shares = [left * each for each in TRADING]
    for slot, share in extra:
        shares[slot] += share
    return tuple(shares)


def _releases(day: datetime.date) -> typing.Iterator[tuple[int, float, bool]]:
    yield RELEASE_SLOT, _RELEASE_SHARE, is_release(day)
    yield DECISION_SLOT, _DECISION_SHARE, is_decision(day)


@functools.lru_cache(maxsize=4096)
def is_release(day: datetime.date) -> bool:
    """Whether consumer prices are told at 8:30 on `day`: the eighth trading day of each month."""
    return calendar.trading_days(day.year, day.month)[7] == day


@functools.lru_cache(maxsize=4096)
def is_decision(day: datetime.date) -> bool:
    """Whether the central bank tells its decision at 14:00 on `day`: eight times a year, on a Wednesday."""
    return day.month in _DECISION_MONTHS and calendar.nth_weekday(day.year, day.month, 2, 3) == day


@functools.lru_cache(maxsize=4096)
def boost(number: int, slot: int) -> float:
    """Return what moves are multiplied by on a market that never closes, which is as lively at night as in session."""
    usual = (1.0 if calendar.is_trading_day(day_of(number)) else _IDLE_WEIGHT) * profile(number)[slot]
    return 1.0 if OPEN_SLOT <= slot < CLOSE_SLOT and usual > _LIVELY / 10 else float((_LIVELY / usual) ** 0.5)


@functools.cache
def weights(*, is_even: bool) -> tuple[float, ...]:
    """Return the usual variance of all days before each, in trading days; `is_even` counts every day alike."""
    if is_even:
        return tuple(number * YEAR_DAYS / 365.25 for number in range(DAYS + 1))
    each = (1.0 if calendar.is_trading_day(day_of(n)) else _IDLE_WEIGHT for n in range(DAYS))
    return tuple(itertools.accumulate(each, initial=0.0))
