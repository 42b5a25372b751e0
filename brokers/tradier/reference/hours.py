"""The venue's clock and calendar. Pure. Its times of day are New York's, its timestamps seconds since the epoch."""

import datetime
import typing

import msgspec

from brokers.adapter.market_hours import MarketSession, Phase
from brokers.contract.broker import Hours
from brokers.instruments.calendar import NEW_YORK
from brokers.tradier.decoding import Raw, number, rows

_PHASES: dict[typing.Any, Phase] = {"premarket": "pre", "open": "open", "postmarket": "post", "closed": "closed"}


def to_session(answer: typing.Any, now: datetime.datetime) -> MarketSession | None:
    """Read `/markets/clock`. None when its state is none that we know. `now`: where it does not tell the time."""
    clock = answer.get("clock") if isinstance(answer, dict) else None
    if not isinstance(clock, dict) or clock.get("state") not in _PHASES:
        return None
    stamp = number(clock.get("timestamp"))
    at = now if stamp is None else datetime.datetime.fromtimestamp(stamp, datetime.UTC)
    until = _change(clock, at)
    overdue_s = None if until is None or until > at else (at - until).total_seconds()
    return MarketSession(_PHASES[clock["state"]], until, at, overdue_s)


def _change(clock: Raw, now: datetime.datetime) -> datetime.datetime | None:
    """Return when the state changes: at `next_change` of the clock's day, or of the next one after a closed market."""
    local = now.astimezone(NEW_YORK)
    time = _time(clock.get("next_change"))
    if time is None:
        return None
    change = datetime.datetime.combine(local.date(), time, NEW_YORK)
    is_tomorrow = change <= local and (clock["state"] == "closed" or time == datetime.time(0))
    return (change + datetime.timedelta(days=is_tomorrow)).astimezone(datetime.UTC)


def to_hours(session: MarketSession | None, months: typing.Iterable[typing.Any], now: datetime.datetime) -> Hours:
    """Read the session and months of `/markets/calendar`. `opens` and `closes` are those of the session not over."""
    days = sorted(_days(months), key=lambda day: day.date)
    bounds = next(((day.opens, day.closes) for day in days if day.closes and day.closes > now), (None, None))
    usual = max((day.length_s for day in days), default=0.0)
    return Hours(
        session=session.phase if session else None,
        next_change=_ms(session.until) if session else None,
        opens=_ms(bounds[0]),
        closes=_ms(bounds[1]),
        holidays=tuple(day.date for day in days if day.closes is None and day.date.weekday() < 5),
        half_days=tuple(day.date for day in days if 0 < day.length_s < usual),
    )


class _Day(msgspec.Struct, frozen=True):
    date: datetime.date
    opens: datetime.datetime | None
    closes: datetime.datetime | None

    @property
    def length_s(self) -> float:
        return (self.closes - self.opens).total_seconds() if self.opens and self.closes else 0.0


def _days(months: typing.Iterable[typing.Any]) -> typing.Iterator[_Day]:
    for month in months:
        for raw in rows(month, "calendar", "days", "day"):
            try:
                date = datetime.date.fromisoformat(raw["date"])
            except (KeyError, TypeError, ValueError):
                continue
            hours = raw.get("open") if raw.get("status") == "open" else None
            opens, closes = (_time(hours.get(edge)) if isinstance(hours, dict) else None for edge in ("start", "end"))
            yield _Day(date, _at(date, opens), _at(date, closes))


def _at(date: datetime.date, time: datetime.time | None) -> datetime.datetime | None:
    return None if time is None else datetime.datetime.combine(date, time, NEW_YORK)


def _time(value: typing.Any) -> datetime.time | None:
    try:
        return datetime.time.fromisoformat(value)
    except (TypeError, ValueError):
        return datetime.time(0) if value == "24:00" else None


def _ms(time: datetime.datetime | None) -> int | None:
    return None if time is None else int(time.timestamp() * 1000)
