"""Days on which the US equity market trades, and when it closes, by the rules of the New York exchange. Pure.

The rules are those since 2022, without one-off closings. A venue's own word goes before them where there is one.
"""

import datetime
import functools
import zoneinfo

NEW_YORK = zoneinfo.ZoneInfo("America/New_York")

OPEN, CLOSE, EARLY_CLOSE = datetime.time(9, 30), datetime.time(16), datetime.time(13)
"""The regular session, by New York's clock."""
_DAY = datetime.timedelta(days=1)
_EASTER_SUNDAYS = (331, 420, 405, 328, 416, 401, 421, 413, 328, 417, 409, 325, 413, 405, 425, 410)
"""Month and day of Easter from 2024 to 2039."""


def closes(day: datetime.date) -> datetime.time:
    """Return when the regular session of a trading day ends, and options of that day expire, by New York's clock."""
    return EARLY_CLOSE if is_half_day(day) else CLOSE


def is_trading_day(day: datetime.date) -> bool:
    """Whether the market trades on `day`."""
    return day.weekday() < 5 and day not in holidays(day.year)


def is_half_day(day: datetime.date) -> bool:
    """Whether the market closes early: after Thanksgiving, and on the eves of Independence Day and Christmas."""
    return day in half_days(day.year)


def nth_weekday(year: int, month: int, weekday: int, n: int) -> datetime.date:
    """Return the `n`th `weekday` (Monday is 0) of a month."""
    first = datetime.date(year, month, 1)
    return first + datetime.timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))


@functools.cache
def holidays(year: int) -> frozenset[datetime.date]:
    """Return the days of `year` on which the market is closed besides weekends."""
    june = datetime.date(year, 6, 1)
    days = {
        nth_weekday(year, 1, 0, 3),  # Martin Luther King, Jr. Day
        nth_weekday(year, 2, 0, 3),  # Washington's Birthday
        june - datetime.timedelta(days=june.weekday() or 7),  # Memorial Day
        nth_weekday(year, 9, 0, 1),  # Labor Day
        nth_weekday(year, 11, 3, 4),  # Thanksgiving
        *(_observed(datetime.date(year, month, day)) for month, day in ((6, 19), (7, 4), (12, 25))),
    }
    new_year = datetime.date(year, 1, 1)
    if new_year.weekday() != 5:  # a Saturday's New Year is not made up for on the Friday before
        days.add(_observed(new_year))
    if 0 <= year - 2024 < len(_EASTER_SUNDAYS):
        easter = _EASTER_SUNDAYS[year - 2024]
        days.add(datetime.date(year, easter // 100, easter % 100) - 2 * _DAY)
    return frozenset(days)


@functools.cache
def half_days(year: int) -> frozenset[datetime.date]:
    """Return the trading days of `year` that end early."""
    thanksgiving = nth_weekday(year, 11, 3, 4)
    eves = (thanksgiving + _DAY, datetime.date(year, 7, 3), datetime.date(year, 12, 24))
    return frozenset(day for day in eves if is_trading_day(day))


def _observed(day: datetime.date) -> datetime.date:
    """Move a holiday off the weekend: Saturday to Friday, Sunday to Monday."""
    return day + {5: -_DAY, 6: _DAY}.get(day.weekday(), datetime.timedelta())


MORNING = frozenset({"SPX", "NDX", "RUT", "DJX", "VIX", "VIXW"})
"""Roots that settle on opening prices, where a venue does not tell (Cboe's product specifications, 2026)."""


def ends(root: str, expiry: datetime.date, settlement: str | None = None) -> int:
    """Return when options of a root that expire on a day end, in ms. `settlement` is the venue's word: AM or PM."""
    is_early = settlement.upper() == "AM" if settlement else root in MORNING
    moment = datetime.datetime.combine(expiry, OPEN if is_early else closes(expiry), NEW_YORK)
    return int(moment.timestamp() * 1000)
