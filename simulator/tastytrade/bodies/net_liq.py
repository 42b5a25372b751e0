"""Bodies about what accounts were worth before: end-of-day snapshots and net liquidating values. Pure."""

import datetime
import re

import msgspec

from simulator.asgi import Json
from simulator.exchange.accounts import SimAccount, Worth
from simulator.exchange.net_liq_history import FIVE_MINUTES, HALF_HOUR, NetLiqBar, NetLiqHistory, has_begun
from simulator.market import calendar
from simulator.tastytrade.bodies import people
from simulator.tastytrade.format import number

TIMES_BACK = {"1d": 1, "1w": 7, "1m": 31, "3m": 92, "6m": 183, "1y": 366, "all": None}
"""Days each `time-back` reaches; a day means the latest trading day that has begun."""
TIMES_OF_DAY = ("BOD", "EOD", "Intraday")
_DAY_MS = 86_400_000
_FINE_MS, _MEDIUM_MS = 5 * _DAY_MS, 9 * _DAY_MS
_ZONE_NAME = re.compile(r"\[[\w/+-]+\]$")


class NetLiqPeriod(msgspec.Struct, frozen=True):
    """From when to when, in ms since the epoch; `last` None is now."""

    first: int
    last: int | None = None


def back(time_back: str, now: int) -> NetLiqPeriod:
    """Return the period a `time-back` means. Raises KeyError for an unknown one."""
    days = TIMES_BACK[time_back]
    if time_back == "1d":
        today = calendar.day_of(now)
        latest = today if has_begun(today, now) else calendar.before(today)
        return NetLiqPeriod(calendar.closing(calendar.before(latest)) + 1)
    return NetLiqPeriod(0 if days is None else now - days * _DAY_MS)


def moment_of(written: str) -> int:
    """Read a time as clients write it: ISO, with a zone's name behind it or not. Raises ValueError."""
    time = datetime.datetime.fromisoformat(_ZONE_NAME.sub("", written))
    if time.tzinfo is None:
        raise ValueError(f"{written!r} has no zone")
    return int(time.timestamp() * 1000)


def bars(history: NetLiqHistory, period: NetLiqPeriod, now: int) -> list[NetLiqBar]:
    """Return the bars of a period: the longer ago it begins, the coarser."""
    age = now - period.first
    step = FIVE_MINUTES if age <= _FINE_MS else HALF_HOUR if age <= _MEDIUM_MS else None
    day = calendar.day_of(period.first)
    found = history.days(day) if step is None else history.bars(step, day)
    return [bar for bar in found if period.first <= bar.at and (period.last is None or bar.at <= period.last)]


def net_liq_body(bar: NetLiqBar) -> Json:
    """Describe a bar. There is no pending cash here, so the total is the net liquidating value."""
    parts = {"open": bar.open, "high": bar.high, "low": bar.low, "close": bar.close}
    at = datetime.datetime.fromtimestamp(bar.at / 1000, datetime.UTC)
    return {
        **{key: number(value) for key, value in parts.items()},
        **{f"pending-cash-{key}": "0.0" for key in parts},
        **{f"total-{key}": number(value) for key, value in parts.items()},
        "time": f"{at:%Y-%m-%d %H:%M:%S}+00",
    }


def taken(history: NetLiqHistory, time_of_day: str, today: datetime.date) -> list[tuple[datetime.date, datetime.date]]:
    """Return the day of every snapshot of that time of day, oldest first, with the day whose close it shows.

    A day begins (`BOD`) with what the trading day before ended with (`EOD`).
    """
    closed = history.closings(today)
    days = {"EOD": closed, "BOD": [*closed[1:], today]}.get(time_of_day, [])
    return list(zip(days, closed, strict=False))


def snapshot_body(account: SimAccount, worth: Worth, day: datetime.date, time_of_day: str) -> Json:
    """Describe what an account was worth at the end or the beginning of a day."""
    told = people.money_body(account, people.figures(account, worth))
    return {**told, "snapshot-date": day.isoformat(), "time-of-day": time_of_day}
