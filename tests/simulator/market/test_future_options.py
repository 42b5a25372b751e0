"""Options on futures are listed by the exchanges' rules, priced on their future, and named alike on every wire."""

import asyncio
import datetime
import decimal
import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from tastytrade import Session
from tastytrade.dxfeed import Greeks, Quote, Summary, TheoPrice, Trade
from tastytrade.instruments import (
    FutureOption,
    FutureOptionProduct,
    FutureProduct,
    NestedFutureOptionChain,
    NestedFutureOptionChainExpiration,
    NestedFutureOptionFuture,
    NestedFutureOptionSubchain,
    Strike,
    TickSize,
    get_future_option_chain,
)
from tastytrade.market_data import get_market_data, get_market_data_by_type
from tastytrade.order import InstrumentType
from tastytrade.utils import get_future_metal_monthly, get_future_oil_monthly, get_future_treasury_monthly

from brokers.instruments import pricing, symbols
from brokers.tastytrade.market_data.symbols import lookup_path
from simulator.market import calendar, future_options, futures
from simulator.market.future_options import SERIES, FutureOptionExpiration
from simulator.market.futures import PRODUCTS, month_after
from simulator.market.market import SimMarket
from simulator.market.option_surface import RATE, OptionSurface
from simulator.market.universe import Instrument
from simulator.server import SimRunning
from simulator.tastytrade.symbols import parse_streamer
from tests.simulator.conftest import Door
from tests.simulator.fields import lacking
from tests.simulator.tastytrade.test_sdk import collect, feed

Decimal = decimal.Decimal
NOON = calendar.at_clock(datetime.date(2026, 11, 18), 12)
MARKET = SimMarket(7, NOON)
SURFACE = OptionSurface(MARKET)
OPTIONS = [option for product in PRODUCTS.values() for option in future_options.listed(product, NOON)]
listed = some.sampled_from(OPTIONS)
days = some.dates(datetime.date(2025, 1, 1), datetime.date(2035, 12, 31))


def near_the_money(code: str, surface: OptionSurface) -> future_options.FutureOption:
    """The listed call nearest to its future that lives a month or more and has traded today: not every one has."""
    at = surface.market.at
    month = at + 30 * 86_400_000
    calls = [o for o in future_options.listed(PRODUCTS[code], at) if o.right == "C" and o.expiration.expires > month]
    soonest = min(call.expiration.expires for call in calls)
    spot = surface.market.tapes[calls[0].expiration.future.symbol].mid
    near = sorted(calls, key=lambda call: (call.expiration.expires != soonest, abs(float(call.strike) - spot)))
    return next(call for call in near if (state := surface.find(call.symbol)) is not None and state.last is not None)


@given(listed)
def test_a_symbol_names_one_option_on_every_wire(option):
    assert future_options.parse(option.symbol) == option
    assert future_options.parse(" ".join(option.symbol.split())) == option
    assert parse_streamer(option.streamer) == option
    assert symbols.is_symbol(option.symbol)
    assert symbols.normalise(option.symbol) == option.symbol
    assert lookup_path(option.symbol) == "/instruments/future-options/" + option.symbol.replace("/", "%2F").replace(
        " ", "%20"
    )


@pytest.mark.parametrize(
    ("symbol", "streamer"),
    [
        ("./ESU4 EW4Q4 240823C5750", "./EW4Q24C5750:XCME"),
        ("./ESU3 EW4N3 230728P3990", "./EW4N23P3990:XCME"),
        ("./GCQ5 OGN5  250625P2095", "./OGN25P2095:XCEC"),
    ],
)
def test_symbols_seen_at_the_venue_are_read_and_written_as_they_were(symbol, streamer):
    option = future_options.parse(symbol)
    assert option is not None
    assert (option.symbol, option.streamer) == (symbol, streamer)


@pytest.mark.parametrize(
    "wrong",
    [
        "./ESZ6 EW1Z6 261205C5450",
        "./ESH7 EW1Z6 261204C5450",
        "./ESZ6 XX1Z6 261204C5450",
        "./ESZ6 ESX6  261120C5450",
        "./ESZ6",
        "SPY",
    ],
)
def test_what_no_exchange_lists_is_no_option(wrong):
    assert future_options.parse(wrong) is None
    assert SURFACE.find(wrong) is None


@pytest.mark.parametrize("wrong", ["./EW1Z26C5450.0:XCME", "./EW1Z26C5450:XCBT", "./EW1Z26C5450", "./EW9Z26C5450:XCME"])
def test_what_dxlink_would_not_write_is_no_option(wrong):
    assert parse_streamer(wrong) is None


def test_options_expire_when_the_exchange_says():
    for month in range(36):
        year, number = month_after(2025, 1, month)
        before = datetime.date(*month_after(year, number, -1), 1)
        for root, expected in (
            ("LO", get_future_oil_monthly(before)),
            ("OG", get_future_metal_monthly(before)),
            ("OZN", get_future_treasury_monthly(before)),
        ):
            assert FutureOptionExpiration(SERIES[root], year, number).day == expected, (root, year, number)


@given(days)
@settings(max_examples=60)
def test_on_every_day_each_expiration_is_ahead_and_its_future_outlives_it(day):
    at = calendar.at_clock(day, 12)
    for product in PRODUCTS.values():
        known = {contract.symbol for contract in futures.contracts(product, at)}
        expirations = future_options.expirations(product, at)
        assert len(expirations) >= 3
        assert all(before.expires <= after.expires for before, after in itertools.pairwise(expirations))
        for each in expirations:
            assert at < each.expires <= each.future.expires
            assert each.future.symbol in known
            assert calendar.is_trading_day(each.day)


@given(listed)
def test_a_book_is_around_the_theory_and_on_the_ladder(option):
    state = SURFACE.find(option.symbol)
    assert state is not None
    step = state.terms.step(state.value.price)
    again = pricing.value_on_future(option.right, state.spot, float(option.strike), state.term, state.iv, RATE)
    assert again == state.value
    assert abs(again.price - state.mid) <= step / 2 + 1e-9
    assert 0 <= state.bid < state.ask
    for price in (state.bid, state.ask, state.prev_close):
        fitting = next(tick for below, tick in state.terms.steps if price < below)
        assert abs(price / fitting - round(price / fitting)) < 1e-6


@given(listed.filter(lambda option: option.right == "C"))
def test_call_and_put_are_at_parity_with_their_future(call_option):
    call = SURFACE.find(call_option.symbol)
    put = SURFACE.find(future_options.FutureOption(call_option.expiration, "P", call_option.strike).symbol)
    assert call is not None
    assert put is not None
    assert call.underlying == put.underlying == call_option.expiration.future.symbol
    discount = math.exp(-RATE * call.term)
    forward = discount * (call.spot - float(call_option.strike))
    assert call.value.price - put.value.price == pytest.approx(forward, abs=1e-6)


def test_an_option_moves_with_its_future_and_no_other_month():
    market = SimMarket(7, NOON)
    surface = OptionSurface(market)
    call = surface.find(near_the_money("ES", surface).symbol)
    assert call is not None
    before, spot, delta = call.mid, call.spot, call.value.delta
    market.move(call.underlying, round(spot * 1.01 / 0.25) * 0.25, NOON)
    assert surface.refresh(call, NOON)[0]
    assert call.mid - before == pytest.approx(delta * spot * 0.01, rel=0.2)


def test_an_order_learns_what_a_future_option_stands_for():
    option = near_the_money("ES", SURFACE)
    future = option.expiration.future.symbol
    expected = Instrument(
        option.symbol, "future option", Decimal(50), Decimal("0.05"), future, option.expiration.expires
    )
    assert SURFACE.instrument(option.symbol) == expected


async def test_the_sdk_reads_option_products_options_and_both_chains(session: Session):
    products = await FutureOptionProduct.get(session)
    assert {"EW1", "LO", "OG", "OZN"} <= {product.root_symbol for product in products}
    crude = await FutureOptionProduct.get(session, "LO")
    assert crude.future_product is not None
    assert crude.future_product.code == "CL"
    mini = await FutureProduct.get(session, "ES")
    assert {product.root_symbol for product in mini.option_products or []} >= {"EW1", "EW4", "EW"}
    for code in ("ES", "/ZN"):
        nested = await NestedFutureOptionChain.get(session, code)
        flat = await get_future_option_chain(session, code)
        (chain,) = nested.option_chains
        strikes = [(e, strike) for e in chain.expirations for strike in e.strikes]
        names = {(name, e.expiration_date) for e, strike in strikes for name in (strike.call, strike.put)}
        assert names == {(option.symbol, day) for day, options in flat.items() for option in options}
        streamed = {name for _, s in strikes for name in (s.call_streamer_symbol, s.put_streamer_symbol)}
        assert streamed == {option.streamer_symbol for options in flat.values() for option in options}
        assert {e.underlying_symbol for e in chain.expirations} <= {future.symbol for future in nested.futures}
        one = next(iter(flat.values()))[0]
        assert await FutureOption.get(session, one.symbol) == one


async def test_every_documented_field_is_sent(alice: Door):
    nested = await alice.get("/futures-option-chains/ES/nested")
    assert not lacking(NestedFutureOptionChain, [nested])
    assert not lacking(NestedFutureOptionFuture, nested["futures"])
    assert not lacking(NestedFutureOptionSubchain, nested["option-chains"])
    expirations = nested["option-chains"][0]["expirations"]
    assert not lacking(NestedFutureOptionChainExpiration, expirations)
    assert not lacking(Strike, expirations[0]["strikes"])
    assert lacking(TickSize, expirations[0]["tick-sizes"]) <= {"symbol"}  # that of a spread
    assert not lacking(FutureOption, (await alice.get("/futures-option-chains/ZN"))["items"])
    products = (await alice.get("/instruments/future-option-products"))["items"]
    assert lacking(FutureOptionProduct, products) <= {"product-subtype"}


async def test_options_are_asked_for_by_symbol_or_by_all_that_makes_one(alice: Door, venue: SimRunning):
    option = near_the_money("CL", venue.tastytrade.surface)
    found = (await alice.get("/instruments/future-options", **{"symbol[]": [option.symbol, "./NOPE"]}))["items"]
    assert [body["symbol"] for body in found] == [option.symbol]
    query = {
        "option-root-symbol": option.root,
        "expiration-date": option.expiry.isoformat(),
        "option-type": option.right,
        "strike-price": str(option.strike),
    }
    assert (await alice.get("/instruments/future-options", **query))["items"] == found
    for parameter, value in (("expiration-date", "soon"), ("option-type", "X"), ("strike-price", "NaN")):
        answer = await alice.http.get("/instruments/future-options", params=query | {parameter: value})
        assert (answer.status_code, parameter in answer.json()["error"]["message"]) == (400, True)
    answer = await alice.http.get("/instruments/future-options?expiration-date=2026-12-18")
    assert (answer.status_code, "option-root-symbol" in answer.json()["error"]["message"]) == (400, True)


@pytest.mark.parametrize(
    "path",
    [
        "/futures-option-chains/XX",
        "/futures-option-chains/XX/nested",
        "/instruments/future-option-products/CME/XX",
        "/instruments/future-options/.%2FESZ6%20EW1Z6%20261204C1",
        "/instruments/equity-options/.%2FESZ6%20EW1Z6%20261204C5450",
        "/market-data/Equity%20Option/.%2FESZ6%20EW1Z6%20261204C5450",
    ],
)
async def test_what_is_not_listed_is_404(alice: Door, path):
    answer = await alice.http.get(path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "record_not_found")


async def test_the_sdk_streams_a_future_option(session: Session, venue: SimRunning):
    option = near_the_money("ES", venue.tastytrade.surface)
    name = option.streamer
    async with feed(session) as streamer:
        for kind in (Quote, Greeks, TheoPrice, Trade, Summary):
            await streamer.subscribe(kind, [name])
        quote = (await collect(streamer, Quote, {name}))[name]
        greeks = (await collect(streamer, Greeks, {name}))[name]
        theo = (await collect(streamer, TheoPrice, {name}))[name]
        summary = (await collect(streamer, Summary, {name}))[name]
        trade = (await collect(streamer, Trade, {name}))[name]
        venue.set_price(option.expiration.future.symbol, float(theo.underlying_price) * 1.02)
        async with asyncio.timeout(10):
            while (await streamer.get_event(Quote)).bid_price <= quote.ask_price:
                pass
    assert quote.bid_price % Decimal("0.25") == quote.ask_price % Decimal("0.25") == 0
    assert abs(theo.price - greeks.price) <= Decimal("0.13")
    assert (greeks.delta, greeks.gamma) == (theo.delta, theo.gamma)
    assert theo.underlying_price > 0
    assert 0.3 < greeks.delta < 0.7
    assert greeks.rho < 0 < greeks.vega
    assert summary.open_interest > 0
    assert trade.price % Decimal("0.05") == 0


async def test_market_data_of_a_future_option_is_what_streams(session: Session, venue: SimRunning):
    surface, market = venue.tastytrade.surface, venue.tastytrade.market
    option = near_the_money("GC", surface)
    market.halt(option.expiration.future.symbol, market.at)
    (data,) = await get_market_data_by_type(session, future_options=[option.symbol])
    assert (data.symbol, data.instrument_type) == (option.symbol, InstrumentType.FUTURE_OPTION)
    quote = venue.tastytrade.feed.event("Quote", option.streamer)
    assert quote is not None
    assert (float(data.bid or 0), float(data.ask or 0)) == (quote["bidPrice"], quote["askPrice"])
    assert (float(data.bid_size), float(data.ask_size)) == (quote["bidSize"], quote["askSize"])
    one = await get_market_data(session, option.symbol, InstrumentType.FUTURE_OPTION)
    assert (one.bid, one.ask, one.open_interest) == (data.bid, data.ask, data.open_interest)
