"""When each kind of instrument trades: the stock market's hours, those of futures, or always, as coins do. Pure."""

import typing

from simulator.market import calendar

Hours = typing.Literal["stocks", "futures", "coins"]
ALL_HOURS: typing.Final[frozenset[Hours]] = frozenset(typing.get_args(Hours))
_HOURS: dict[str, Hours] = {"future": "futures", "future option": "futures", "crypto": "coins"}
"""Those of a kind of instrument; the stock market's unless it is named here."""


def hours_of(kind: str) -> Hours:
    """Return whose hours a kind of instrument keeps."""
    return _HOURS.get(kind, "stocks")


def state_at(hours: Hours, at: int) -> calendar.State:
    """Return the session at `at`, in ms since the epoch; coins never close."""
    if hours == "coins":
        return "Open"
    return calendar.futures_state(at) if hours == "futures" else calendar.state(at)


def last_close(hours: Hours, at: int) -> int:
    """Return when a market that is closed at `at` was last open, in ms since the epoch; of futures and coins `at`."""
    if hours != "stocks":
        return at
    day = calendar.day_of(at)
    is_over = calendar.is_trading_day(day) and at >= calendar.closing(day)
    return calendar.closing(day if is_over else calendar.before(day))
