"""A clock of its own for a test of a market: it begins at a moment of New York that the test names, and goes on.

It is the wall clock of the whole process, so a simulated venue and the adapter that asks it agree. Timers are left
alone. `pytest.mark.moment` names the moment, for a module, a test or one case of it.
"""

import contextlib
import datetime
import typing
import zoneinfo

import pytest
import time_machine

NEW_YORK = zoneinfo.ZoneInfo("America/New_York")
MIDDAY = "2026-11-18 12:00"
"""A Wednesday without holidays near it, in the middle of the session."""
NIGHT = "2026-11-16 02:00"
"""A Monday in the small hours: the last session ended on Friday."""
EVENING = "2026-10-16 17:30"
"""A Friday after the close."""
WEEKEND = "2026-10-18 12:00"
AFTER_A_HOLIDAY = "2026-09-08 08:00"
"""The Tuesday after Labor Day, before the bell: the last session ended on Friday."""
DOUBLED = "2026-11-01 01:30"
"""The first of the two hours that are both called one o'clock."""
MISSING = "2026-03-08 03:10"
"""Ten minutes after one o'clock ended: two o'clock was left out."""
HOURS = (MIDDAY, NIGHT, EVENING, WEEKEND, AFTER_A_HOLIDAY, DOUBLED, MISSING)

at_each_hour = pytest.mark.parametrize("hour", [pytest.param(hour, marks=pytest.mark.moment(hour)) for hour in HOURS])
"""Runs a test at each of them; it takes its `hour` as an argument."""


def new_york(text: str) -> datetime.datetime:
    """Return a moment written as New York's clocks show it; of two that they show alike it is the first."""
    return datetime.datetime.fromisoformat(text).replace(tzinfo=NEW_YORK)


@contextlib.contextmanager
def begin_at(text: str) -> typing.Iterator[None]:
    """Let the wall clock of this process show New York's `text` now, and go on from there."""
    with time_machine.travel(new_york(text), tick=True):
        yield
