"""Coins are listed, priced and streamed in fractions, under DXLink's name for them."""

import decimal

import pytest
from tastytrade import Session
from tastytrade.dxfeed import Profile, Quote, Summary
from tastytrade.instruments import Cryptocurrency, DestinationVenueSymbol
from tastytrade.market_data import get_market_data, get_market_data_by_type
from tastytrade.order import InstrumentType

from simulator.market.universe import Instrument
from simulator.server import SimRunning
from tests.simulator.conftest import Door
from tests.simulator.fields import lacking
from tests.simulator.tastytrade.test_sdk import collect, feed

Decimal = decimal.Decimal
BITCOIN = "BTC/USD:CXTALP"


async def test_the_sdk_reads_coins(session: Session, alice: Door):
    coins = {coin.symbol: coin for coin in await Cryptocurrency.get(session)}
    assert {"BTC/USD", "ETH/USD"} <= coins.keys()
    assert await Cryptocurrency.get(session, "BTC/USD") == coins["BTC/USD"]
    assert await Cryptocurrency.get(session, ["ETH/USD"]) == [coins["ETH/USD"]]
    assert coins["BTC/USD"].streamer_symbol == BITCOIN
    bodies = (await alice.get("/instruments/cryptocurrencies"))["items"]
    assert not lacking(Cryptocurrency, bodies)
    assert not lacking(DestinationVenueSymbol, bodies[0]["destination-venue-symbols"])
    precisions = (await alice.get("/instruments/quantity-decimal-precisions"))["items"]
    assert {body["value"] for body in precisions if body["instrument-type"] == "Cryptocurrency"} == {8}


@pytest.mark.parametrize("path", ["/instruments/cryptocurrencies/DOGE%2FUSD", "/market-data/Equity/BTC/USD"])
async def test_what_is_no_coin_is_404(alice: Door, path):
    assert (await alice.http.get(path)).json()["error"]["code"] == "record_not_found"


async def test_the_sdk_streams_a_coin(session: Session):
    async with feed(session) as streamer:
        for kind in (Quote, Summary, Profile):
            await streamer.subscribe(kind, [BITCOIN])
        quote = (await collect(streamer, Quote, {BITCOIN}))[BITCOIN]
        summary = (await collect(streamer, Summary, {BITCOIN}))[BITCOIN]
        profile = (await collect(streamer, Profile, {BITCOIN}))[BITCOIN]
    assert quote.bid_price < quote.ask_price
    assert 0 < float(quote.bid_size or 0) < 1
    assert float(summary.day_low_price or 0) <= float(summary.day_open_price or 0)
    assert profile.description == "Bitcoin to USD"


async def test_sizes_of_coins_are_fractions_on_every_wire(session: Session, venue: SimRunning):
    market, events = venue.tastytrade.market, venue.tastytrade.feed
    market.halt("BTC/USD", market.at)
    tape = market.tapes["BTC/USD"]
    assert tape.last_size is not None
    assert tape.bid_size is not None
    for size, grain in ((tape.last_size, tape.listing.grain), (tape.bid_size, tape.listing.lot)):
        assert size % grain == 0
    trade, quote = events.event("Trade", BITCOIN), events.event("Quote", BITCOIN)
    assert trade is not None
    assert quote is not None
    assert trade["size"] == tape.last_size
    (data,) = await get_market_data_by_type(session, cryptocurrencies=["BTC/USD"])
    assert data == await get_market_data(session, "BTC/USD", InstrumentType.CRYPTOCURRENCY)
    assert (float(data.bid or 0), float(data.bid_size)) == (quote["bidPrice"], quote["bidSize"])
    assert (float(data.ask or 0), float(data.ask_size)) == (quote["askPrice"], quote["askSize"])


async def test_an_order_learns_that_a_coin_stands_for_itself(venue: SimRunning):
    expected = Instrument("BTC/USD", "crypto", Decimal(1), Decimal("0.01"), "BTC/USD")
    assert venue.tastytrade.surface.instrument("BTC/USD") == expected
