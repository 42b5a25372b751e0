"""Sessions of the US equity market as stretches of time, in ms. Pure."""

import datetime
import functools
import typing

from alerts.rules.spec import Session
from brokers.instruments.calendar import CLOSE, NEW_YORK, OPEN, closes, is_trading_day

PRE_OPEN = datetime.time(4)
POST_CLOSE, EARLY_POST_CLOSE = datetime.time(20), datetime.time(17)
_DAY = datetime.timedelta(days=1)


class Hours(typing.NamedTuple):
    """One session of one day: from `opens` on, before `closes`."""

    opens: int
    closes: int


class Calendar(typing.Protocol):
    """When a session is."""

    def hours(self, session: Session, at: int) -> Hours:
        """Return the session that `at` (ms) is in, or the next one."""


class MarketHours:
    """The sessions of the New York exchange, by its rules. `always` is one session that never ends."""

    def hours(self, session: Session, at: int) -> Hours:
        """Return the session that `at` (ms) is in, or the next one."""
        if session == "always":
            return Hours(0, 2**53)
        day = new_york_day(at)
        while (found := _hours(session, day)) is None or at >= found.closes:
            day += _DAY
        return found


def new_york_time(at: int) -> datetime.datetime:
    """Return a time in ms by the exchange's clock."""
    return datetime.datetime.fromtimestamp(at / 1000, NEW_YORK)


def new_york_day(at: int) -> datetime.date:
    """Return the exchange's date at a time in ms."""
    return new_york_time(at).date()


def midnight_before(at: int) -> int:
    """Return when the exchange's day began that `at` is in, in ms."""
    return _ms(new_york_day(at), datetime.time())


def midnight_after(at: int) -> int:
    """Return when the exchange's next day begins, in ms."""
    return _ms(new_york_day(at) + _DAY, datetime.time())


@functools.lru_cache(maxsize=256)
def _hours(session: Session, day: datetime.date) -> Hours | None:
    if not is_trading_day(day):
        return None
    if session == "regular":
        return Hours(_ms(day, OPEN), _ms(day, closes(day)))
    return Hours(_ms(day, PRE_OPEN), _ms(day, POST_CLOSE if closes(day) == CLOSE else EARLY_POST_CLOSE))


def _ms(day: datetime.date, time: datetime.time) -> int:
    return int(datetime.datetime.combine(day, time, NEW_YORK).timestamp() * 1000)
