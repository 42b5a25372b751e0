"""The market knows its days."""

import datetime

import pytest
from pandas_market_calendars import get_calendar

from simulator.market import calendar

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


@pytest.mark.parametrize(
    ("day", "hour", "state"),
    [
        ((2026, 11, 18), 3, "Open"),
        ((2026, 11, 18), 17, "Closed"),
        ((2026, 11, 18), 18, "Open"),
        ((2026, 11, 20), 16, "Open"),
        ((2026, 11, 20), 18, "Closed"),  # a Friday evening
        ((2026, 11, 22), 17, "Closed"),
        ((2026, 11, 22), 18, "Open"),  # a Sunday evening
        ((2026, 11, 26), 12, "Open"),  # Thanksgiving, until noon in Chicago
        ((2026, 11, 26), 13, "Closed"),
        ((2026, 11, 26), 18, "Open"),
        ((2026, 12, 24), 18, "Closed"),
        ((2026, 12, 25), 12, "Closed"),
        ((2027, 3, 26), 12, "Closed"),  # Good Friday
    ],
)
def test_futures_trade_around_the_clock_but_for_an_hour_and_the_weekend(day, hour, state):
    assert calendar.futures_state(calendar.at_clock(datetime.date(*day), hour)) == state


def test_a_futures_session_is_where_its_state_is_open():
    day = datetime.date(2026, 11, 18)
    for _ in range(300):
        opens, closes = calendar.futures_opening(day), calendar.futures_closing(day)
        assert [calendar.futures_state(at) for at in (opens, closes - 1, closes)] == ["Open", "Open", "Closed"]
        assert calendar.futures_day(opens) == calendar.futures_day(closes - 1) == day
        day = calendar.futures_neighbour(day, 1)


def test_the_futures_calendar_is_that_of_the_exchange():
    begin, end = datetime.date(2025, 1, 1), datetime.date(2028, 12, 31)
    days = [begin + datetime.timedelta(days=n) for n in range((end - begin).days + 1)]
    sessions = get_calendar("CMEGlobex_Energy").schedule(begin, end)
    assert {day for day in days if calendar.trades_futures(day)} == {session.date() for session in sessions.index}
    index = get_calendar("CME_Equity")
    early = {session.date() for session in index.early_closes(index.schedule(begin, end)).index}
    half = {day for year in range(2025, 2029) for day in calendar.futures_half_days(year)}
    good_fridays = {day for day in early if not calendar.trades_futures(day)}  # a morning of stock futures only
    assert early - good_fridays == half
