"""An option ends when its root settles: at the close of its last day, or at the open of it."""

import datetime

import pytest

from brokers.instruments import calendar, pricing
from brokers.instruments.calendar import NEW_YORK
from brokers.instruments.symbols import parse_option
from brokers.tradier.market_data.greeks_model import MarketInputs, calculated, years_left, yield_of
from brokers.tradier.market_data.normaliser import Known

DAY = datetime.date(2026, 12, 18)


def at(hour: int, minute: int, day: datetime.date = DAY) -> int:
    return int(datetime.datetime.combine(day, datetime.time(hour, minute), NEW_YORK).timestamp() * 1000)


@pytest.mark.parametrize(
    ("root", "settlement", "hour", "minute"),
    [
        ("QQQ", None, 16, 0),
        ("SPX", None, 9, 30),
        ("SPXW", None, 16, 0),
        ("VIXW", None, 9, 30),
        ("SPX", "PM", 16, 0),
        ("XYZ", "AM", 9, 30),
        ("XYZ", "am", 9, 30),
    ],
)
def test_the_venues_word_comes_first_and_then_the_root(root, settlement, hour, minute):
    assert calendar.ends(root, DAY, settlement) == at(hour, minute)


def test_it_is_that_hour_in_new_york_whatever_the_season():
    summer = datetime.date(2026, 7, 17)
    assert calendar.ends("QQQ", summer) == at(16, 0, summer)
    assert (calendar.ends("QQQ", DAY) - calendar.ends("QQQ", summer)) % 86_400_000 == 3_600_000


@pytest.mark.parametrize(("day", "hour"), [("2026-11-27", 13), ("2026-12-24", 13), ("2026-07-02", 16)])
def test_on_a_day_that_closes_early_it_ends_then(day, hour):
    last = datetime.date.fromisoformat(day)
    assert calendar.ends("QQQ", last) == at(hour, 0, last)
    assert calendar.ends("SPX", last) == at(9, 30, last)


def test_an_index_option_of_the_morning_has_no_time_left_after_it():
    assert years_left("SPX", DAY, at(9, 31)) == 0.0
    assert years_left("SPXW", DAY, at(9, 31)) > 0.0


def test_what_is_calculated_here_is_calculated_with_the_rate_of_the_desk():
    option, now = parse_option("QQQ261218C00450000"), at(16, 0, datetime.date(2026, 11, 18))
    assert option is not None
    years = years_left("QQQ", DAY, now)
    pricing.use(0.10)
    try:
        worth = pricing.value("C", 450.0, 450.0, years, 0.2, 0.10, 0.0).price
        found = calculated(option, Known(bid=worth, ask=worth), MarketInputs("QQQ", 0.0), 450.0, now, delayed=False)
        assert found is not None
        assert found.iv == pytest.approx(0.2, abs=1e-6)
        assert yield_of([], 450.0, years) == 0.10
    finally:
        pricing.use(pricing.USUAL)
