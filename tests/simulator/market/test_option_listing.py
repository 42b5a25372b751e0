"""Expirations and strikes are those an exchange would list."""

import datetime

from simulator.market import calendar, option_listing
from simulator.market.universe import LISTINGS

NOON = calendar.at_clock(datetime.date(2026, 11, 18), 12)
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
