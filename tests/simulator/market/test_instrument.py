"""An order can ask of any symbol what it is: its kind, multiplier, tick and underlying."""

import datetime
import decimal

from brokers.instruments.symbols import Option
from simulator.market import calendar, option_listing
from simulator.market.market import SimMarket
from simulator.market.option_surface import OptionSurface
from simulator.market.universe import LISTINGS, Instrument

Decimal = decimal.Decimal
NOON = calendar.at_clock(datetime.date(2026, 11, 18), 12)
SURFACE = OptionSurface(SimMarket(7, NOON))


def test_shares_stand_for_themselves():
    assert SURFACE.instrument("SPY") == Instrument("SPY", "equity", Decimal(1), Decimal("0.01"), "SPY")
    assert SURFACE.instrument("VIX") == Instrument("VIX", "index", Decimal(1), Decimal("0.01"), "VIX")


def test_an_equity_option_stands_for_a_hundred_shares_of_its_underlying():
    option = option_listing.near(LISTINGS["BRK/B"], NOON, 45, 1.0, "P")
    expected = Instrument(
        option.symbol, "option", Decimal(100), Decimal("0.01"), "BRK/B", calendar.closing(option.expiry)
    )
    assert SURFACE.instrument(option.symbol) == SURFACE.instrument(option.occ) == expected


def test_an_option_is_no_instrument_any_more_once_it_has_expired():
    surface = OptionSurface(SimMarket(7, NOON))
    today = option_listing.expirations("QQQ", NOON)[0]
    option = Option("QQQ", today, "C", option_listing.strikes(LISTINGS["QQQ"], today)[0])
    assert today == surface.market.day
    assert surface.instrument(option.symbol) is not None
    surface.market.advance(0, calendar.closing(today))
    assert surface.instrument(option.symbol) is None
    assert surface.trading(option.symbol) is None
    assert surface.find(option.symbol) is not None, "whoever still holds it can see what it was"


def test_what_is_not_listed_is_no_instrument():
    assert SURFACE.instrument("NOPE") is None
    assert SURFACE.instrument("QQQ200117C00450000") is None
