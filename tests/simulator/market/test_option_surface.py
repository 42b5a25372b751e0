"""An option has one quote, Greeks and volatility at every moment; an order learns what a symbol stands for."""

import datetime
import decimal
import math

import pytest
from hypothesis import given
from hypothesis import strategies as some

from brokers.instruments import pricing
from brokers.instruments.symbols import Option
from simulator.market import calendar, option_listing
from simulator.market.market import SimMarket
from simulator.market.option_surface import RATE, OptionSurface
from simulator.market.tape import TICK
from simulator.market.universe import LISTINGS, Instrument

Decimal = decimal.Decimal
NOON = calendar.at_clock(datetime.date(2026, 11, 18), 12)
OPTIONABLE = sorted(symbol for symbol, listing in LISTINGS.items() if listing.has_options)
MARKET = SimMarket(7, NOON)
SURFACE = OptionSurface(MARKET)
underlyings = some.sampled_from(OPTIONABLE)


@some.composite
def listed(draw, rights="CP"):
    symbol = draw(underlyings)
    expiry = draw(some.sampled_from(option_listing.expirations(symbol, NOON)))
    strike = draw(some.sampled_from(option_listing.strikes(LISTINGS[symbol], expiry)))
    return symbol, Option(option_listing.root(symbol), expiry, draw(some.sampled_from(rights)), strike)


@given(listed())
def test_repricing_from_the_quoted_volatility_gives_the_middle_within_half_a_tick(case):
    symbol, option = case
    state = SURFACE.find(option.occ)
    assert state is not None
    dividend = LISTINGS[symbol].dividend
    again = pricing.value(option.right, state.spot, float(option.strike), state.term, state.iv, RATE, dividend)
    assert again == state.value
    assert abs(again.price - state.mid) <= TICK / 2 + 1e-9


@given(listed(rights="C"))
def test_call_and_put_of_a_strike_are_at_parity_within_a_tick(case):
    symbol, call_option = case
    put_option = Option(call_option.root, call_option.expiry, "P", call_option.strike)
    call, put = SURFACE.find(call_option.symbol), SURFACE.find(put_option.symbol)
    assert call is not None
    assert put is not None
    forward = call.spot * math.exp(-LISTINGS[symbol].dividend * call.term)
    forward -= float(call_option.strike) * math.exp(-RATE * call.term)
    assert abs(call.mid - put.mid - forward) <= TICK + 1e-9


@given(listed())
def test_a_book_has_a_bid_of_at_least_nothing_below_its_ask(case):
    state = SURFACE.find(case[1].symbol)
    assert state is not None
    assert 0 <= state.bid < state.ask
    assert (state.bid == 0) == (state.bid_size == 0)


def test_an_option_moves_with_its_underlying():
    market = SimMarket(7, NOON)
    surface = OptionSurface(market)
    call = surface.find(option_listing.near(LISTINGS["QQQ"], NOON, 45, 1.0, "C").symbol)
    assert call is not None
    before, spot, delta = call.mid, call.spot, call.value.delta
    market.move("QQQ", round(spot * 1.01, 2), NOON)
    assert surface.refresh(call, NOON)[0]
    assert call.mid - before == pytest.approx(delta * spot * 0.01, rel=0.2)
    assert [option.symbol for option in surface.take_valued()] == [call.option.symbol]


def test_only_listed_options_are_found():
    today = option_listing.expirations("QQQ", NOON)[0]
    missing = Option("QQQ", today, "C", option_listing.strikes(LISTINGS["QQQ"], today)[-1] + 1000)
    assert SURFACE.find(missing.symbol) is None
    assert SURFACE.find("QQQ200117C00450000") is None
    assert SURFACE.find("VIX261216C00015000") is None
    assert SURFACE.find("nonsense") is None


def test_a_class_share_is_found_by_its_root():
    option = option_listing.near(LISTINGS["BRK/B"], NOON, 45, 1.0, "P")
    assert option.root == "BRKB"
    state = SURFACE.find(option.symbol)
    assert state is not None
    assert state.underlying == "BRK/B"


def test_an_option_begins_each_day_anew():
    market = SimMarket(7, NOON)
    surface = OptionSurface(market)
    call = surface.find(option_listing.near(LISTINGS["QQQ"], NOON, 45, 1.0, "C").symbol)
    assert call is not None
    close = call.mid
    midnight = calendar.day_ends(NOON)
    market.advance(5, midnight)
    surface.refresh(call, midnight)
    assert call.prev_close == round(close, 2)
    assert call.volume < 1000


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
