"""Bodies about trading hours: the clock, and the calendar of days, in New York's time. Pure."""

import datetime

from simulator.alpaca.format import local
from simulator.asgi import Json
from simulator.market import calendar
from simulator.market.market import SimMarket

_DAY = datetime.timedelta(days=1)


def clock_body(market: SimMarket) -> Json:
    """Say what time it is, and when the market opens and closes next: the real one's times in any case."""
    at, day = market.at, market.day
    opens = calendar.at_clock(day, 9, 30)
    if not calendar.is_trading_day(day) or at >= opens:
        opens = calendar.at_clock(calendar.after(day), 9, 30)
    closes = calendar.closing(day)
    if not calendar.is_trading_day(day) or at >= closes:
        closes = calendar.closing(calendar.after(day))
    return {
        "timestamp": local(at, at % 1_000_000),
        "is_open": market.state == "Open",
        "next_open": _whole(opens),
        "next_close": _whole(closes),
    }


def _whole(at: int) -> str:
    return calendar.moment(at).isoformat()


def calendar_body(first: datetime.date, last: datetime.date) -> list[Json]:
    """List the trading days from one day to another."""
    days = (first + n * _DAY for n in range((last - first).days + 1))
    return [_day_body(day) for day in days if calendar.is_trading_day(day)]


def _day_body(day: datetime.date) -> Json:
    close = calendar.moment(calendar.closing(day))
    return {
        "date": day.isoformat(),
        "open": "09:30",
        "close": f"{close:%H:%M}",
        "session_open": "0400",
        "session_close": "2000",
        "settlement_date": calendar.after(day).isoformat(),
    }
