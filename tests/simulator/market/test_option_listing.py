"""Expirations and strikes are those an exchange would list."""

import datetime
import decimal
import itertools

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from brokers.instruments.symbols import Option
from simulator.market import calendar, option_listing
from simulator.market.bars import DAY
from simulator.market.universe import LISTINGS

NOON = calendar.at_clock(datetime.date(2026, 11, 18), 12)
START = calendar.at_clock(datetime.date(2024, 1, 1), 0)
MONTHLY = datetime.date(2026, 12, 18)
QQQ = LISTINGS["QQQ"]
OPTIONABLE = sorted(symbol for symbol, listing in LISTINGS.items() if listing.has_options)


def test_expirations_are_trading_days_and_include_the_monthlies():
    for symbol in ("QQQ", "F"):
        days = option_listing.expirations(symbol, NOON)
        assert days == sorted(set(days))
        assert all(calendar.is_trading_day(day) for day in days)
        assert datetime.date(2026, 12, 18) in days
    assert datetime.date(2026, 11, 18) in option_listing.expirations("QQQ", NOON)
    assert datetime.date(2026, 11, 18) not in option_listing.expirations(
        "QQQ", calendar.closing(datetime.date(2026, 11, 18))
    )


def test_the_monthlies_of_spy_have_more_than_250_strikes_and_nothing_else_has():
    for symbol in OPTIONABLE:
        for day in option_listing.expirations(symbol, NOON):
            strikes = option_listing.strikes(LISTINGS[symbol], day)
            assert (len(strikes) > 250) == (symbol == "SPY" and option_listing.is_monthly(day)), (symbol, day)
            assert list(strikes) == sorted(set(strikes))


@given(some.sampled_from(("SPY", "AAPL")), some.integers(START, START + 4 * 366 * DAY))
def test_at_every_moment_the_next_expirations_are_listed_nearest_first(symbol: str, at: int):
    days = option_listing.expirations(symbol, at)
    assert days == sorted(set(days))
    assert all(calendar.is_trading_day(day) and calendar.closing(day) > at for day in days)
    assert days[0] <= calendar.day_of(at) + datetime.timedelta(days=9)
    assert (days[-1] - days[0]).days > 365
    assert sum(option_listing.is_monthly(day) for day in days) >= 8


@pytest.mark.parametrize(
    ("month", "day"),
    [((2026, 12), "2026-12-18"), ((2026, 6), "2026-06-18"), ((2025, 4), "2025-04-17"), ((2026, 5), "2026-05-15")],
)
def test_a_monthly_is_the_third_friday_or_the_trading_day_before_a_holiday(month: tuple[int, int], day: str):
    found = option_listing.monthly(*month)
    assert found.isoformat() == day
    assert option_listing.is_monthly(found)
    assert not option_listing.is_monthly(found + datetime.timedelta(days=1))


@given(some.integers(1, 500_000))
def test_strikes_surround_the_price_and_are_never_nothing(cents: int):
    listing = msgspec.structs.replace(LISTINGS["F"], price=cents / 100)
    strikes = option_listing.strikes(listing, MONTHLY)
    steps = [later - strike for strike, later in itertools.pairwise(strikes)]
    assert min(strikes) > 0
    assert min(steps) > 0
    assert min(abs(float(strike) - listing.price) for strike in strikes) <= float(min(steps))
    assert float(max(strikes)) > listing.price
    assert len(strikes) <= 250


def test_an_option_is_listed_on_its_day_at_its_strike_until_it_expires():
    option = option_listing.near(QQQ, NOON, 30, 1.0, "C")
    assert option_listing.is_listed(option, QQQ, NOON)
    for other in (
        Option("QQQ", option.expiry, "C", option.strike + decimal.Decimal("0.5")),
        Option("QQQ", option.expiry + datetime.timedelta(days=1), "C", option.strike),
    ):
        assert not option_listing.is_listed(other, QQQ, NOON)
    assert option_listing.is_listed(option, QQQ, calendar.closing(option.expiry) - 1)
    assert not option_listing.is_listed(option, QQQ, calendar.closing(option.expiry))


def test_an_index_has_no_options():
    option = Option("VIX", MONTHLY, "C", decimal.Decimal(16))
    assert option.strike in option_listing.strikes(LISTINGS["VIX"], MONTHLY)
    assert not option_listing.is_listed(option, LISTINGS["VIX"], NOON)


@pytest.mark.parametrize(
    ("days", "moneyness", "expiry"),
    [(0, 1.0, "2026-11-20"), (30, 1.05, "2026-12-18"), (45, 0.9, "2027-01-15"), (5000, 1.0, "2028-01-21")],
)
def test_the_option_nearest_to_a_wish_is_a_listed_monthly(days: int, moneyness: float, expiry: str):
    option = option_listing.near(QQQ, NOON, days, moneyness, "P")
    assert option.expiry.isoformat() == expiry
    assert option.right == "P"
    assert abs(float(option.strike) - QQQ.price * moneyness) <= 2.5
    assert option_listing.is_listed(option, QQQ, NOON)


def test_a_root_has_no_slash():
    assert option_listing.near(LISTINGS["BRK/B"], NOON, 30, 1.0, "C").root == "BRKB"
