"""Futures are listed by the exchanges' own cycles, and all months of a product move together."""

import asyncio
import datetime
import decimal
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from tastytrade import Session
from tastytrade.dxfeed import Profile, Quote, Summary, Trade
from tastytrade.instruments import Future, FutureEtfEquivalent, FutureProduct, Roll, TickSize
from tastytrade.market_data import MarketData, get_market_data, get_market_data_by_type
from tastytrade.order import InstrumentType

from simulator.market import calendar, futures
from simulator.market.market import SimMarket
from simulator.market.option_surface import OptionSurface
from simulator.market.universe import Instrument
from simulator.server import SimRunning
from tests.simulator.conftest import Door
from tests.simulator.fields import lacking
from tests.simulator.tastytrade.test_sdk import collect, feed

Decimal = decimal.Decimal
NOON = calendar.at_clock(datetime.date(2026, 11, 18), 12)
days = some.dates(datetime.date(2025, 1, 1), datetime.date(2035, 12, 31))


@pytest.mark.parametrize(
    ("symbol", "last_trade", "first_notice"),
    [
        ("/ESZ6", datetime.date(2026, 12, 18), None),
        ("/CLF7", datetime.date(2026, 12, 21), None),  # the 25th is a holiday: counted from the day before
        ("/CLG7", datetime.date(2027, 1, 20), None),
        ("/GCZ6", datetime.date(2026, 12, 29), datetime.date(2026, 11, 30)),
        ("/ZNZ6", datetime.date(2026, 12, 21), datetime.date(2026, 11, 30)),
    ],
)
def test_a_contract_ends_when_the_exchange_says(symbol, last_trade, first_notice):
    contract = futures.find(symbol, NOON)
    assert contract is not None
    assert (contract.last_trade, contract.first_notice) == (last_trade, first_notice)


@given(days)
@settings(max_examples=100)
def test_on_every_day_a_product_has_its_contracts_in_order_and_an_active_month(day):
    at = calendar.at_clock(day, 12)
    for product in futures.PRODUCTS.values():
        listed = futures.contracts(product, at)
        assert product.listed - 1 <= len(listed) <= product.listed
        assert len({contract.symbol for contract in listed}) == len(listed)
        assert all(contract.expires > at for contract in listed)
        assert all(before.expires < after.expires for before, after in itertools.pairwise(listed))
        assert all(calendar.is_trading_day(contract.last_trade) for contract in listed)
        assert futures.active(product, at)[0].leaves > day
        assert {futures.find(contract.symbol, at) for contract in listed} == set(listed)


def test_a_contract_that_stopped_trading_is_no_longer_listed():
    last = calendar.at_clock(datetime.date(2026, 12, 18), 9, 30)
    assert futures.find("/ESZ6", last - 1) is not None
    assert futures.find("/ESZ6", last) is None
    assert [contract.symbol for contract in futures.active(futures.PRODUCTS["ES"], NOON)][:2] == ["/ESZ6", "/ESH7"]
    market = SimMarket(7, last - 1)
    assert market.trading("/ESZ6") is not None
    assert OptionSurface(market).instrument("/ESZ6") is not None
    market.advance(0, last)
    assert market.trading("/ESZ6") is None
    assert OptionSurface(market).instrument("/ESZ6") is None


def test_an_order_learns_what_a_future_stands_for():
    surface = OptionSurface(SimMarket(7, NOON))
    for symbol, multiplier, tick in (("/ESZ6", "50", "0.25"), ("/CLF7", "1000", "0.01"), ("/ZNZ6", "1000", "0.015625")):
        contract = futures.find(symbol, NOON)
        assert contract is not None
        expected = Instrument(symbol, "future", Decimal(multiplier), Decimal(tick), symbol, contract.expires)
        assert surface.instrument(symbol) == expected


def test_all_months_of_a_product_move_together():
    market = SimMarket(7, NOON)
    for code in ("ES", "CL"):
        months = [market.tapes[c.symbol] for c in futures.contracts(futures.PRODUCTS[code], NOON)]
        bases = {tape.listing.symbol: tape.basis for tape in months}
        assert len(set(bases.values())) == len(months)
        market.move(months[0].listing.symbol, months[0].fair * 1.05, NOON)
        market.advance(120, NOON + 120_000)  # the quietest month has quoted by then
        for tape in months:
            assert tape.fair / tape.basis == pytest.approx(months[0].fair / months[0].basis, rel=0.004)
            assert tape.mid == pytest.approx(tape.fair, abs=2 * tape.listing.spread)


def test_the_market_lists_a_new_month_when_one_ends():
    morning = calendar.at_clock(datetime.date(2026, 12, 18), 9)
    market = SimMarket(7, morning)
    before = set(market.tapes)
    midnight = calendar.day_ends(morning)
    market.advance(1, midnight)
    (new,) = {symbol for symbol in set(market.tapes) - before if symbol.startswith("/ES")}
    assert new == "/ESH8"
    old, ticks = market.tapes["/ESZ6"], market.tapes["/ESZ6"].ticks
    changes = market.advance(60, midnight + 60_000)
    assert (old.ticks, "/ESZ6" in changes.quotes) == (ticks, False)
    assert "/ESH7" in changes.quotes
    assert market.tapes["/ESH7"].listing.rate == futures.PRODUCTS["ES"].rate
    market.advance(60, midnight + 120_000)
    assert market.tapes[new].ticks > 1


async def test_the_sdk_reads_products_and_contracts(session: Session):
    products = await FutureProduct.get(session)
    assert {"ES", "NQ", "CL", "GC", "ZN"} <= {product.code for product in products}
    crude = await FutureProduct.get(session, "/CL")
    assert (crude.notional_multiplier, crude.tick_size) == (Decimal(1000), Decimal("0.01"))
    assert crude.legacy_exchange_code == "NYM"
    mini = await Future.get(session, product_codes=["ES"], page_offset=None, per_page=2)
    assert len(mini) in (4, 5)
    assert {future.product_code for future in mini} == {"ES"}
    assert [future.active_month for future in mini].count(True) == 1
    front = next(future for future in mini if future.active_month)
    assert await Future.get(session, front.symbol) == front
    assert await Future.get(session, [front.symbol]) == [front]
    assert front.roll_target_symbol == next(future.symbol for future in mini if future.next_active_month)
    assert front.streamer_symbol.endswith(":XCME")
    everything = await Future.get(session)
    assert {future.product_code for future in everything} == {product.code for product in products}


async def test_every_documented_field_is_sent(alice: Door):
    contracts = (await alice.get("/instruments/futures"))["items"]
    assert lacking(Future, contracts) <= {"true-underlying-symbol"}  # none is a part of another here
    assert not lacking(
        TickSize, [tick for body in contracts for tick in (*body["option-tick-sizes"], *body["spread-tick-sizes"])]
    )
    assert not lacking(
        FutureEtfEquivalent, [body["future-etf-equivalent"] for body in contracts if body["product-code"] == "ES"]
    )
    products = (await alice.get("/instruments/future-products"))["items"]
    assert lacking(FutureProduct, products) <= {"contract-limit", "true-underlying-code"}
    assert not lacking(Roll, [body["roll"] for body in products])


async def test_the_sdk_streams_a_future(session: Session, venue: SimRunning):
    zn, es = (futures.active(futures.PRODUCTS[code], venue.tastytrade.market.at)[0].streamer for code in ("ZN", "ES"))
    async with feed(session) as streamer:
        for kind in (Quote, Trade, Summary, Profile):
            await streamer.subscribe(kind, [es, zn])
        quotes = await collect(streamer, Quote, {es, zn})
        trades = await collect(streamer, Trade, {es, zn})
        summaries = await collect(streamer, Summary, {es, zn})
        profiles = await collect(streamer, Profile, {es, zn})
        async with asyncio.timeout(20):
            while (await streamer.get_event(Quote)).bid_price == quotes[es].bid_price:
                pass
    for symbol, tick in ((es, Decimal("0.25")), (zn, Decimal("0.015625"))):
        for price in (quotes[symbol].bid_price, quotes[symbol].ask_price, trades[symbol].price):
            assert price % tick == 0
        assert summaries[symbol].open_interest > 0
        assert profiles[symbol].trading_status == "ACTIVE"
    assert "E-mini S&P 500" in profiles[es].description


async def test_market_data_of_a_future_is_what_streams(session: Session, venue: SimRunning, alice: Door):
    market = venue.tastytrade.market
    symbol = futures.active(futures.PRODUCTS["ZN"], market.at)[0].symbol
    market.halt(symbol, market.at)
    tape = market.tapes[symbol]
    (data,) = await get_market_data_by_type(session, futures=[symbol])
    assert (data.symbol, data.instrument_type) == (symbol, InstrumentType.FUTURE)
    assert (data.bid, data.ask, data.last) == tuple(Decimal(repr(x)) for x in (tape.bid, tape.ask, tape.last))
    assert data.mid == (Decimal(repr(tape.bid)) + Decimal(repr(tape.ask))) / 2
    quote = venue.tastytrade.feed.event("Quote", tape.listing.streamer)
    assert quote is not None
    assert (quote["bidPrice"], quote["askPrice"]) == (tape.bid, tape.ask)
    one = await get_market_data(session, symbol, InstrumentType.FUTURE)
    assert (one.bid, one.ask) == (data.bid, data.ask)
    body = await alice.get(f"/market-data/Future/{symbol}")
    assert lacking(MarketData, [body]) <= {
        *("close", "day-close", "last-ext"),  # nothing closes before the day ends
        *("dividend-amount", "dividend-frequency", "high-limit-price", "low-limit-price"),
    }


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/instruments/futures/ESX6", 404),
        ("/instruments/futures/SPY", 404),
        ("/instruments/future-products/CME/XX", 404),
        ("/instruments/future-products/CFE/ES", 404),
        ("/instruments/equities//ESZ6", 404),
        ("/market-data/Equity//ESZ6", 404),
        ("/market-data/Future/SPY", 404),
        ("/instruments/futures?per-page=none", 400),
    ],
)
async def test_what_is_no_future_is_refused(alice: Door, path, status):
    answer = await alice.http.get(path)
    assert answer.status_code == status
