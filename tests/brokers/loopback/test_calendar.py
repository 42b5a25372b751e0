"""The market knows its days."""

import datetime

import pytest
from pandas_market_calendars import get_calendar

from brokers.loopback import calendar

CARTER = datetime.date(2025, 1, 9)
"""The national day of mourning: a one-off closing."""


@pytest.mark.filterwarnings("ignore:Series.dt.weekday is deprecated")  # inside pandas_market_calendars
def test_trading_days_and_early_closes_are_the_nyse_ones():
    schedule = get_calendar("NYSE").schedule("2024-01-01", "2034-12-31", tz="America/New_York")
    closes = {day.date(): close.hour for day, close in zip(schedule.index, schedule["market_close"], strict=True)}
    first = datetime.date(2024, 1, 1)
    days = {first + datetime.timedelta(days=n) for n in range((datetime.date(2034, 12, 31) - first).days + 1)}
    assert {day for day in days if calendar.is_trading_day(day)} - {CARTER} == set(closes)
    assert {day for day in days if calendar.is_half_day(day)} == {day for day, hour in closes.items() if hour == 13}


@pytest.mark.parametrize(
    ("hour", "minute", "state"),
    [
        (3, 59, "Closed"),
        (4, 0, "Pre-market"),
        (9, 30, "Open"),
        (15, 59, "Open"),
        (16, 0, "Extended"),
        (20, 0, "Closed"),
    ],
)
def test_a_trading_day_has_its_sessions(hour, minute, state):
    assert calendar.state(calendar.at_clock(datetime.date(2026, 11, 20), hour, minute)) == state


@pytest.mark.parametrize("day", [datetime.date(2026, 11, 21), datetime.date(2026, 11, 26)])
def test_weekends_and_holidays_are_closed(day):
    assert calendar.state(calendar.at_clock(day, 12)) == "Closed"


def test_a_half_day_ends_at_one():
    assert calendar.state(calendar.at_clock(datetime.date(2026, 11, 27), 13)) == "Extended"


def test_a_day_ends_at_midnight_in_new_york_also_when_the_clocks_change():
    noon = calendar.at_clock(datetime.date(2026, 11, 1), 12)
    assert calendar.moment(calendar.day_ends(noon)).isoformat() == "2026-11-02T00:00:00-05:00"
