"""Bodies about trading hours: the clock and the calendar of a month, in New York's time. Pure."""

import datetime
import typing

import msgspec

from simulator.asgi import Json
from simulator.market import calendar
from simulator.market.market import SimMarket

State = typing.Literal["premarket", "open", "postmarket", "closed"]
PREMARKET, OPEN, POSTMARKET, POSTMARKET_ENDS = "07:00", "09:30", "16:00", "20:00"
PREMARKET_ENDS, POSTMARKET_LAST = "09:24", "19:55"
"""Until when orders for these sessions are taken, which is what the calendar says."""
_MIDNIGHT = "00:00"
_DAY = datetime.timedelta(days=1)


class Stretch(msgspec.Struct, frozen=True):
    """One state of the market, from one time of the day to another."""

    state: State
    begins: str
    ends: str


def stretches(day: datetime.date, *, is_always_open: bool) -> list[Stretch]:
    """Return the states of the market on a day, in order."""
    if is_always_open:
        return [Stretch("open", _MIDNIGHT, _MIDNIGHT)]
    if not calendar.is_trading_day(day):
        return [Stretch("closed", _MIDNIGHT, _MIDNIGHT)]
    close = f"{calendar.moment(calendar.closing(day)):%H:%M}"
    marks = (_MIDNIGHT, PREMARKET, OPEN, close, POSTMARKET_ENDS, _MIDNIGHT)
    states: tuple[State, ...] = ("closed", "premarket", "open", "postmarket", "closed")
    return [Stretch(state, begin, end) for state, begin, end in zip(states, marks, marks[1:], strict=False)]


def state_at(market: SimMarket) -> tuple[Stretch, Stretch]:
    """Return the present state of the market, and the next one."""
    now = calendar.moment(market.at)
    today = stretches(now.date(), is_always_open=market.is_always_open)
    later = [*today, *stretches(now.date() + _DAY, is_always_open=market.is_always_open)]
    at = sum(stretch.begins <= f"{now:%H:%M}" for stretch in today) - 1
    return later[at], later[at + 1]


def clock_body(market: SimMarket) -> Json:
    """Say what the market does now, and when that changes."""
    present, following = state_at(market)
    words = f"Market is open from {present.begins} to {present.ends}"
    return {
        "clock": {
            "date": calendar.day_of(market.at).isoformat(),
            "description": words if present.state == "open" else f"Market is {present.state}",
            "state": present.state,
            "timestamp": market.at // 1000,
            "next_change": following.begins,
            "next_state": following.state,
        }
    }


def calendar_body(year: int, month: int) -> Json:
    """List the days of a month: closed, or open with their sessions, those of the real exchange in any case."""
    first = datetime.date(year, month, 1)
    days = (first + n * _DAY for n in range(31))
    bodies = [_day_body(day) for day in days if day.month == month]
    return {"calendar": {"month": month, "year": year, "days": {"day": bodies}}}


def _day_body(day: datetime.date) -> Json:
    body: Json = {"date": day.isoformat(), "status": "open", "description": "Market is open"}
    if not calendar.is_trading_day(day):
        return body | {"status": "closed", "description": "Market is closed"}
    close = f"{calendar.moment(calendar.closing(day)):%H:%M}"
    sessions = {
        "premarket": {"start": PREMARKET, "end": PREMARKET_ENDS},
        "open": {"start": OPEN, "end": close},
        "postmarket": {"start": close, "end": POSTMARKET_LAST},
    }
    return body | sessions
