"""The clock and the calendar keep the hours of the real exchange."""

import datetime
import itertools

import pytest

from simulator.asgi import Json
from simulator.market import calendar
from simulator.market.market import SimMarket
from simulator.tradier.bodies import trading_hours

WEDNESDAY = datetime.date(2026, 11, 18)


@pytest.mark.parametrize(
    ("hour", "state", "change", "following"),
    [
        ((3, 0), "closed", "07:00", "premarket"),
        ((8, 0), "premarket", "09:30", "open"),
        ((12, 0), "open", "16:00", "postmarket"),
        ((17, 0), "postmarket", "20:00", "closed"),
        ((21, 0), "closed", "00:00", "closed"),
    ],
)
def test_the_clock_follows_the_real_day(hour: tuple[int, int], state: str, change: str, following: str):
    market = SimMarket(7, calendar.at_clock(WEDNESDAY, *hour), is_always_open=False, listings={})
    told = trading_hours.clock_body(market)["clock"]
    assert (told["state"], told["next_change"], told["next_state"]) == (state, change, following)


def test_the_calendar_knows_holidays_and_half_days():
    days = {day["date"]: day for day in trading_hours.calendar_body(2026, 11)["calendar"]["days"]["day"]}
    assert len(days) == 30
    assert days["2026-11-26"]["status"] == days["2026-11-21"]["status"] == "closed"
    assert days["2026-11-27"]["open"] == {"start": "09:30", "end": "13:00"}
    assert days["2026-11-18"]["premarket"] == {"start": "07:00", "end": "09:24"}


def told_at(day: datetime.date, hour: int, minute: int = 0, *, is_always_open: bool = False) -> Json:
    at = calendar.at_clock(day, hour, minute)
    market = SimMarket(7, at, is_always_open=is_always_open, listings={})
    clock: Json = trading_hours.clock_body(market)["clock"]
    assert clock["timestamp"] == at // 1000
    return clock


@pytest.mark.parametrize(
    ("clock", "state"),
    [
        ((6, 59), "closed"), ((7, 0), "premarket"), ((9, 29), "premarket"), ((9, 30), "open"), ((15, 59), "open"),
        ((16, 0), "postmarket"), ((19, 59), "postmarket"), ((20, 0), "closed"), ((23, 59), "closed"),
    ],
)  # fmt: skip
def test_a_state_begins_with_its_minute(clock: tuple[int, int], state: str):
    assert told_at(WEDNESDAY, *clock)["state"] == state


def test_a_half_day_is_over_at_one():
    friday = datetime.date(2026, 11, 27)
    told = told_at(friday, 12)
    assert (told["state"], told["next_change"]) == ("open", "13:00")
    assert told["description"] == "Market is open from 09:30 to 13:00"
    assert told_at(friday, 13)["state"] == "postmarket"


def test_a_weekend_and_a_holiday_are_closed_until_midnight():
    for day in (datetime.date(2026, 11, 21), datetime.date(2026, 11, 26)):
        told = told_at(day, 12)
        assert (told["state"], told["next_change"], told["next_state"]) == ("closed", "00:00", "closed")
        assert told["date"] == day.isoformat()


def test_a_market_that_never_closes_is_open_on_a_sunday():
    told = told_at(datetime.date(2026, 11, 22), 3, is_always_open=True)
    assert (told["state"], told["next_state"], told["description"]) == (
        "open", "open", "Market is open from 00:00 to 00:00",
    )  # fmt: skip


@pytest.mark.parametrize("day", [WEDNESDAY, datetime.date(2026, 11, 21), datetime.date(2026, 11, 27)])
def test_the_states_of_a_day_follow_each_other_from_midnight_to_midnight(day: datetime.date):
    found = trading_hours.stretches(day, is_always_open=False)
    assert found[0].begins == found[-1].ends == "00:00"
    assert all(one.ends == other.begins for one, other in itertools.pairwise(found))


def test_a_short_month_has_its_days_only():
    days = trading_hours.calendar_body(2027, 2)["calendar"]["days"]["day"]
    assert [day["date"][-2:] for day in days] == [f"{n:02d}" for n in range(1, 29)]
