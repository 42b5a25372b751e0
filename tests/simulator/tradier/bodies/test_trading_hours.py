"""The clock and the calendar keep the hours of the real exchange."""

import datetime

import pytest

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
