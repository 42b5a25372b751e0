"""The clock and the calendar keep the hours of the real exchange, in New York's time."""

import datetime

import pytest

from simulator.alpaca.bodies import trading_hours
from simulator.asgi import Json
from simulator.market import calendar
from simulator.market.market import SimMarket

OPEN, CLOSE = "09:30:00", "16:00:00"


def clock(text: str, *, is_always_open: bool = False) -> Json:
    """Return the clock's body at a time of New York."""
    moment = datetime.datetime.fromisoformat(text)
    at = calendar.at_clock(moment.date(), moment.hour, moment.minute)
    return trading_hours.clock_body(SimMarket(7, at, is_always_open=is_always_open, listings={}))


@pytest.mark.parametrize(
    ("now", "is_open", "opens", "closes"),
    [
        ("2026-11-18 03:00", False, f"2026-11-18T{OPEN}-05:00", f"2026-11-18T{CLOSE}-05:00"),
        ("2026-11-18 09:29", False, f"2026-11-18T{OPEN}-05:00", f"2026-11-18T{CLOSE}-05:00"),
        ("2026-11-18 09:30", True, f"2026-11-19T{OPEN}-05:00", f"2026-11-18T{CLOSE}-05:00"),
        ("2026-11-18 16:00", False, f"2026-11-19T{OPEN}-05:00", f"2026-11-19T{CLOSE}-05:00"),
        ("2026-11-20 17:00", False, f"2026-11-23T{OPEN}-05:00", f"2026-11-23T{CLOSE}-05:00"),
        ("2026-11-26 12:00", False, f"2026-11-27T{OPEN}-05:00", "2026-11-27T13:00:00-05:00"),
        ("2026-10-30 18:00", False, f"2026-11-02T{OPEN}-05:00", f"2026-11-02T{CLOSE}-05:00"),
        ("2026-07-15 12:00", True, f"2026-07-16T{OPEN}-04:00", f"2026-07-15T{CLOSE}-04:00"),
    ],
)
def test_the_clock_says_when_the_market_opens_and_closes_next(now: str, is_open: bool, opens: str, closes: str):
    told = clock(now)
    assert (told["is_open"], told["next_open"], told["next_close"]) == (is_open, opens, closes)


def test_a_market_that_never_closes_is_open_and_keeps_the_times_of_the_real_one():
    told = clock("2026-11-21 12:00", is_always_open=True)
    assert told["is_open"] is True
    assert told["next_open"] == f"2026-11-23T{OPEN}-05:00"
    assert told["timestamp"].startswith("2026-11-21T12:00:00.")
    assert told["timestamp"].endswith("-05:00")


def test_the_calendar_lists_trading_days_with_their_hours_and_settlement():
    days = trading_hours.calendar_body(datetime.date(2026, 11, 25), datetime.date(2026, 11, 30))
    assert [(day["date"], day["close"], day["settlement_date"]) for day in days] == [
        ("2026-11-25", "16:00", "2026-11-27"),
        ("2026-11-27", "13:00", "2026-11-30"),
        ("2026-11-30", "16:00", "2026-12-01"),
    ]
    assert {(day["open"], day["session_open"], day["session_close"]) for day in days} == {("09:30", "0400", "2000")}


def test_a_calendar_of_no_days_is_empty():
    saturday = datetime.date(2026, 11, 21)
    assert trading_hours.calendar_body(saturday, saturday) == []
    assert trading_hours.calendar_body(saturday, saturday - datetime.timedelta(days=3)) == []
