"""Bodies about trading hours: sessions and holidays of the equity market and of the futures exchanges. Pure."""

import datetime
import typing

from brokers.loopback import calendar
from brokers.loopback.asgi import Json
from brokers.loopback.market import Market
from brokers.loopback.tastytrade.wording import moment

EQUITY = "Equity"
FUTURES = ("CME", "CFE", "Smalls")
COLLECTIONS = (EQUITY, *FUTURES)


def session_body(name: str, market: Market) -> Json:
    """Describe the present market session of an instrument collection."""
    return {
        "instrument-collection": name,
        "state": market.state,
        **_times(name, market.day),
        "next-session": dated_body(name, calendar.after(market.day)),
        "previous-session": dated_body(name, calendar.before(market.day)),
    }


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
    """A futures day begins at 18:00 in New York on the evening before; it ends at 17:00, at 13:00 on a short day."""
    evening = calendar.at_clock(day - datetime.timedelta(days=1), 18)
    close = calendar.at_clock(day, 13 if calendar.is_short_for_futures(day) else 17)
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
