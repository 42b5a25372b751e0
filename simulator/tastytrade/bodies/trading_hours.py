"""Bodies about trading hours: sessions and holidays of the equity market and of the futures exchanges. Pure."""

import datetime
import typing

from simulator.asgi import Json
from simulator.market import calendar
from simulator.market.market import SimMarket
from simulator.tastytrade.format import moment

EQUITY = "Equity"
FUTURES = ("CME", "CFE", "Smalls")
COLLECTIONS = (EQUITY, *FUTURES)
_DAY = datetime.timedelta(days=1)


def session_body(name: str, market: SimMarket) -> Json:
    """Describe the present market session of an instrument collection."""
    is_equity = name == EQUITY
    day = market.day if is_equity else calendar.futures_day(market.at)
    return {
        "instrument-collection": name,
        "state": market.state_of("equity" if is_equity else "future"),
        **_times(name, day),
        "next-session": dated_body(name, neighbour(name, day, 1)),
        "previous-session": dated_body(name, neighbour(name, day, -1)),
    }


def neighbour(name: str, day: datetime.date, days: int) -> datetime.date:
    """Return the day of the session after `day` (`days` 1), or of the one before it (-1)."""
    if name != EQUITY:
        return calendar.futures_neighbour(day, days)
    return calendar.shift(day, days)


def on_or_after(name: str, day: datetime.date) -> datetime.date:
    """Return `day` if there is a session on it, else the day of the next one."""
    return neighbour(name, day - _DAY, 1)


def days(name: str, first: datetime.date, last: datetime.date) -> typing.Iterator[datetime.date]:
    """Return the days from `first` to `last` on which there is a session."""
    day = on_or_after(name, first)
    while day <= last:
        yield day
        day = neighbour(name, day, 1)


def simple_body(name: str, day: datetime.date) -> Json:
    """Describe only when the session of a trading day begins and ends."""
    return {"instrument-collection": name, **_times(name, day)}


def dated_body(name: str, day: datetime.date) -> Json:
    """Describe the session of a trading day."""
    return {"instrument-collection": name, "session-date": day.isoformat(), **_times(name, day)}


def _times(name: str, day: datetime.date) -> Json:
    times = _equity_times(day) if name == EQUITY else _futures_times(day)
    return {key: moment(at) for key, at in times.items()}


def _equity_times(day: datetime.date) -> dict[str, int]:
    return {
        "start-at": calendar.at_clock(day, 8, 15),
        "open-at": calendar.at_clock(day, 9, 30),
        "close-at": calendar.closing(day),
        "close-at-ext": calendar.at_clock(day, 20),
    }


def _futures_times(day: datetime.date) -> dict[str, int]:
    evening, close = calendar.futures_opening(day), calendar.futures_closing(day)
    return {"start-at": evening, "open-at": evening, "close-at": close, "close-at-ext": close}


def holidays_body(name: str, year: int) -> Json:
    """Describe when a market is closed, or closes early, in `year` and the year after."""
    years = (year, year + 1)
    if name == EQUITY:
        return _days((calendar.half_days(y) for y in years), (calendar.holidays(y) for y in years))
    return _days((calendar.futures_half_days(y) for y in years), (calendar.futures_holidays(y) for y in years))


def _days(
    half: typing.Iterable[typing.Iterable[datetime.date]], closed: typing.Iterable[typing.Iterable[datetime.date]]
) -> Json:
    named = {"market-half-days": half, "market-holidays": closed}
    return {
        key: [day.isoformat() for day in sorted({d for days in years for d in days})] for key, years in named.items()
    }
