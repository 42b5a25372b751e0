"""Reading what a client put into a query: each is checked, and a refusal names the parameter. Pure."""

import datetime
import decimal
import typing

from simulator.asgi import SimRequest
from simulator.market import calendar
from simulator.tastytrade.format import SimTastytradeRefusal


def wrong(parameter: str, wanted: str, value: str) -> SimTastytradeRefusal:
    """Say that a parameter is not what it must be."""
    return SimTastytradeRefusal(400, "validation_error", f"{parameter} must be {wanted}, not {value!r}")


def flag(request: SimRequest, name: str) -> bool | None:
    """Return a boolean parameter, None when it is not given. Raises SimTastytradeRefusal 400."""
    value = request.first(name)
    if value.lower() not in ("", "true", "false"):
        raise wrong(name, "true or false", value)
    return value.lower() == "true" if value else None


def choice(request: SimRequest, name: str, known: typing.Collection[str]) -> str | None:
    """Return a parameter that is one of `known`, None when it is not given. Raises SimTastytradeRefusal 400."""
    value = request.first(name)
    if value and value not in known:
        raise wrong(name, f"one of {', '.join(known)}", value)
    return value or None


def choices(request: SimRequest, name: str, known: typing.Collection[str]) -> list[str]:
    """Return every value of a list parameter, each one of `known`. Raises SimTastytradeRefusal 400."""
    values = request.all(name)
    for value in values:
        if value not in known:
            raise wrong(name, f"one of {', '.join(known)}", value)
    return values


def day(request: SimRequest, name: str) -> datetime.date | None:
    """Return a date parameter, None when it is not given. Raises SimTastytradeRefusal 400."""
    value = request.first(name)
    try:
        return datetime.date.fromisoformat(value) if value else None
    except ValueError:
        raise wrong(name, "a date such as 2026-11-20", value) from None


def time(request: SimRequest, name: str) -> int | None:
    """Return a time parameter in ms since the epoch, UTC unless it has a zone. Raises SimTastytradeRefusal 400."""
    value = request.first(name)
    try:
        at = datetime.datetime.fromisoformat(value) if value else None
    except ValueError:
        raise wrong(name, "a time such as 2026-11-20T15:30:00Z", value) from None
    if at is None:
        return None
    return round((at if at.tzinfo else at.replace(tzinfo=datetime.UTC)).timestamp() * 1000)


def amount(request: SimRequest, name: str) -> decimal.Decimal | None:
    """Return a decimal parameter, None when it is not given. Raises SimTastytradeRefusal 400."""
    value = request.first(name)
    try:
        found = decimal.Decimal(value) if value else None
    except decimal.InvalidOperation:
        raise wrong(name, "a number", value) from None
    if found is not None and not found.is_finite():
        raise wrong(name, "a number", value)
    return found


def required(request: SimRequest, name: str) -> str:
    """Return a parameter that must be given. Raises SimTastytradeRefusal 400."""
    value = request.first(name)
    if not value:
        raise SimTastytradeRefusal(400, "validation_error", f"{name} is missing")
    return value


Period = tuple[int | None, int | None]
"""From when (ms since the epoch, included) until when (excluded)."""


def period(request: SimRequest) -> Period:
    """Read `start-date`, `end-date` (days in New York, both included), `start-at` and `end-at`.

    Raises SimTastytradeRefusal 400.
    """
    starts = (_midnight(day(request, "start-date")), time(request, "start-at"))
    ends = (_midnight(day(request, "end-date"), days=1), time(request, "end-at"))
    return max((at for at in starts if at is not None), default=None), min(
        (at for at in ends if at is not None), default=None
    )


def within(at: int, span: Period) -> bool:
    """Whether a time is in a period."""
    start, end = span
    return (start is None or at >= start) and (end is None or at < end)


def newest_first(request: SimRequest) -> bool:
    """Read `sort`: `Desc` unless `Asc` is asked for. Raises SimTastytradeRefusal 400."""
    return choice(request, "sort", ("Asc", "Desc")) != "Asc"


def fits(value: object, wanted: typing.Collection[str]) -> bool:
    """Whether a value is one of those that were asked for; nothing asked for is all."""
    return not wanted or value in wanted


def _midnight(day: datetime.date | None, days: int = 0) -> int | None:
    return None if day is None else calendar.at_clock(day + datetime.timedelta(days), 0)
