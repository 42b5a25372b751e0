"""What lists of orders and bookings have in common: periods and sorting. Sans-IO."""

import datetime
import typing

from simulator.asgi import Request
from simulator.market import calendar
from simulator.tastytrade.rest import query

Period = tuple[int | None, int | None]
"""From when (ms since the epoch, included) until when (excluded)."""


def period(request: Request) -> Period:
    """Read `start-date`, `end-date` (days in New York, both included), `start-at` and `end-at`. Raises Refusal 400."""
    starts = (_midnight(query.day(request, "start-date")), query.time(request, "start-at"))
    ends = (_midnight(query.day(request, "end-date"), days=1), query.time(request, "end-at"))
    return max((at for at in starts if at is not None), default=None), min(
        (at for at in ends if at is not None), default=None
    )


def within(at: int, span: Period) -> bool:
    """Whether a time is in a period."""
    start, end = span
    return (start is None or at >= start) and (end is None or at < end)


def newest_first(request: Request) -> bool:
    """Read `sort`: `Desc` unless `Asc` is asked for. Raises Refusal 400."""
    return query.choice(request, "sort", ("Asc", "Desc")) != "Asc"


def fits(value: object, wanted: typing.Collection[str]) -> bool:
    """Whether a value is one of those that were asked for; nothing asked for is all."""
    return not wanted or value in wanted


def _midnight(day: datetime.date | None, days: int = 0) -> int | None:
    return None if day is None else calendar.at_clock(day + datetime.timedelta(days), 0)
