"""Days and sessions of the US equity market in New York, from times in ms since the epoch. Pure."""

import datetime
import functools
import typing
import zoneinfo

from brokers.instruments.calendar import closes
from brokers.instruments.calendar import half_days as half_days
from brokers.instruments.calendar import holidays as holidays
from brokers.instruments.calendar import is_half_day as is_half_day
from brokers.instruments.calendar import is_trading_day as is_trading_day
from brokers.instruments.calendar import nth_weekday as nth_weekday

NEW_YORK = zoneinfo.ZoneInfo("America/New_York")
State = typing.Literal["Pre-market", "Open", "Extended", "Closed"]
_DAY = datetime.timedelta(days=1)
_FUTURES_OPEN = 18
"""New York's hour at which the next futures session begins."""
_YEAR_ENDS = frozenset({(1, 1), (1, 2), (12, 24), (12, 25), (12, 26)})
"""Where New Year and Christmas are observed, weekends made up for."""


def moment(at: int) -> datetime.datetime:
    """Return the aware New York time of `at`."""
    return datetime.datetime.fromtimestamp(at / 1000, NEW_YORK)


def day_of(at: int) -> datetime.date:
    """Return the New York day `at` belongs to."""
    return moment(at).date()


def at_clock(day: datetime.date, hour: int, minute: int = 0) -> int:
    """Return New York's `hour:minute` on `day`, in ms since the epoch."""
    return int(datetime.datetime.combine(day, datetime.time(hour, minute), NEW_YORK).timestamp() * 1000)


def day_ends(at: int) -> int:
    """Return when the day of `at` ends, in ms since the epoch."""
    return at_clock(day_of(at) + _DAY, 0)


def day_id(day: datetime.date) -> int:
    """Return dxFeed's number of a day: days since 1970-01-01."""
    return (day - datetime.date(1970, 1, 1)).days


def day_by_id(number: int) -> datetime.date:
    """Return the day of dxFeed's number."""
    return datetime.date(1970, 1, 1) + datetime.timedelta(days=number)


def closing(day: datetime.date) -> int:
    """Return when trading ends on `day`, and options of that day expire, in ms since the epoch."""
    return at_clock(day, closes(day).hour)


def before(day: datetime.date) -> datetime.date:
    """Return the trading day before `day`."""
    day -= _DAY
    while not is_trading_day(day):
        day -= _DAY
    return day


def after(day: datetime.date) -> datetime.date:
    """Return the trading day after `day`."""
    day += _DAY
    while not is_trading_day(day):
        day += _DAY
    return day


def shift(day: datetime.date, days: int) -> datetime.date:
    """Return the trading day so many trading days after `day`, before it when `days` is negative."""
    step = after if days > 0 else before
    for _ in range(abs(days)):
        day = step(day)
    return day


@functools.lru_cache(maxsize=256)
def trading_days(year: int, month: int) -> tuple[datetime.date, ...]:
    """Return the trading days of a month."""
    first = datetime.date(year, month, 1)
    days = (first + n * _DAY for n in range(31))
    return tuple(day for day in days if day.month == month and is_trading_day(day))


@functools.cache
def futures_holidays(year: int) -> frozenset[datetime.date]:
    """Return the days of `year` on which futures do not trade at all: New Year, Good Friday, Christmas."""
    return frozenset(day for day in holidays(year) if (day.month, day.day) in _YEAR_ENDS or _is_good_friday(day))


@functools.cache
def futures_half_days(year: int) -> frozenset[datetime.date]:
    """Return the days of `year` on which futures stop at noon in Chicago: the stock market's other holidays too."""
    return (holidays(year) - futures_holidays(year)) | half_days(year)


def futures_day(at: int) -> datetime.date:
    """Return the day the futures session of `at` is counted to: from 18:00 in New York on it is the next."""
    return day_of(at) + (_DAY if moment(at).hour >= _FUTURES_OPEN else datetime.timedelta())


def trades_futures(day: datetime.date) -> bool:
    """Whether futures have a session on `day`."""
    return day.weekday() < 5 and day not in futures_holidays(day.year)


def futures_opening(day: datetime.date) -> int:
    """Return when the futures session of `day` begins: on the evening before; in ms since the epoch."""
    return at_clock(day - _DAY, _FUTURES_OPEN)


def futures_closing(day: datetime.date) -> int:
    """Return when the futures session of `day` ends, in ms since the epoch."""
    return at_clock(day, 13 if day in futures_half_days(day.year) else 17)


def futures_state(at: int) -> State:
    """Return the session of the real futures market at `at`: it is open or closed."""
    day = futures_day(at)
    return "Open" if trades_futures(day) and at < futures_closing(day) else "Closed"


def futures_neighbour(day: datetime.date, days: int) -> datetime.date:
    """Return the day of the futures session after `day` (`days` 1), or before it (-1)."""
    day += days * _DAY
    while not trades_futures(day):
        day += days * _DAY
    return day


def _is_good_friday(day: datetime.date) -> bool:
    return day.weekday() == 4 and (day.month in (3, 4))


def state(at: int) -> State:
    """Return the session of the real market at `at`."""
    day = day_of(at)
    if not is_trading_day(day) or at < at_clock(day, 4) or at >= at_clock(day, 20):
        return "Closed"
    if at < at_clock(day, 9, 30):
        return "Pre-market"
    return "Open" if at < closing(day) else "Extended"
