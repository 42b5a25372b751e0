"""Every print of the market reaches whoever asked for TimeAndSale: none is conflated away."""

import asyncio
import typing

import pytest
from tastytrade import Session
from tastytrade.dxfeed import TimeAndSale

from simulator.faults.faults import Fault
from simulator.server import SimRunning
from simulator.tastytrade.dxlink.events import FIELDS
from simulator.tastytrade.faults.catalogue import BadFault, commit
from tests.simulator.conftest import Door
from tests.simulator.tastytrade.test_sdk import feed
from tests.simulator.test_candle_law import Floor
from tests.support.eventually import aeventually

WIDTH = len(FIELDS["TimeAndSale"])


def events(data: list[typing.Any]) -> list[dict[str, typing.Any]]:
    """Return the events of one FEED_DATA with every field."""
    kind, values = data
    assert kind == "TimeAndSale"
    return [dict(zip(FIELDS[kind], values[n : n + WIDTH], strict=True)) for n in range(0, len(values), WIDTH)]


def prints_of(data: list[typing.Any]) -> list[dict[str, typing.Any]]:
    """Return the prints of one FEED_DATA, which may be about quotes."""
    return events(data) if data[0] == "TimeAndSale" else []


async def test_every_print_of_a_period_is_told_in_order(alice: Door):
    async with alice.dxlink() as client:
        await client.open(13, period=0.5)
        await client.subscribe(13, "TimeAndSale", "KMPR")
        await client.subscribe(13, "Quote", "KMPR")
        await client.data(13)
        prices = [60.0 + n / 4 for n in range(40)]
        for price in prices:
            alice.venue.set_price("KMPR", price)
        told: list[dict[str, typing.Any]] = []
        async with asyncio.timeout(20):
            while len(told) < 40:
                told += prints_of(await client.data(13))
    forced = [event for event in told if event["price"] in prices]
    assert [event["price"] for event in forced] == prices
    assert len({event["index"] for event in told}) == len(told)
    assert [event["index"] for event in told] == sorted(event["index"] for event in told)
    for event in told:
        assert event["type"] == "NEW"
        assert event["bidPrice"] < event["askPrice"]
        assert event["index"] == event["time"] // 1000 << 32 | event["time"] % 1000 << 22 | event["sequence"]


async def test_the_side_is_told_by_the_quote_that_was_hit(alice: Door):
    sides = {"SELL": "bidPrice", "BUY": "askPrice"}
    async with alice.dxlink() as client:
        await client.open(13)
        await client.subscribe(13, "TimeAndSale", "QQQ", "SPY")
        seen: set[str] = set()
        async with asyncio.timeout(10):
            while seen != set(sides):
                for event in events(await client.data(13)):
                    seen.add(event["aggressorSide"])
                    assert event["price"] == event[sides[event["aggressorSide"]]]


async def test_a_print_is_corrected_and_taken_back_under_its_own_index(alice: Door):
    async with alice.dxlink() as client:
        await client.open(13)
        await client.subscribe(13, "TimeAndSale", "KMPR")
        await client.subscribe(13, "Quote", "KMPR")
        await client.data(13)
        await client.say(type="FEED_SUBSCRIPTION", channel=13, remove=[{"type": "Quote", "symbol": "KMPR"}])
        alice.venue.set_price("KMPR", 60.0)
        told: list[dict[str, typing.Any]] = []
        async with asyncio.timeout(20):
            while not told or told[-1]["price"] != 60:
                told += prints_of(await client.data(13))
            venue = alice.venue
            assert venue.fault("correction", symbol="KMPR") == 1
            assert venue.fault("correction", symbol="KMPR", mode="cancel") == 1
            while len({event["type"] for event in told}) < 3:
                told += prints_of(await client.data(13))
    corrected, cancelled = told[-2:]
    assert [event["type"] for event in told[-2:]] == ["CORRECTION", "CANCEL"]
    assert corrected["index"] == cancelled["index"] == told[-3]["index"]
    assert corrected["price"] in (corrected["bidPrice"], corrected["askPrice"])
    assert cancelled["price"] == told[-3]["price"]


def test_what_has_not_traded_cannot_be_corrected():
    floor = Floor("a day's middle", is_always_open=True)
    with pytest.raises(BadFault, match="has traded"):
        commit(floor.venue, Fault("correction", symbol="KMPR"))


async def test_the_sdk_reads_them(session: Session, venue: SimRunning):
    async with asyncio.timeout(20), feed(session) as streamer:
        await streamer.subscribe(TimeAndSale, ["QQQ", "VIX"], refresh_interval=0.0)
        await aeventually(lambda: venue.stats()["connections"][0]["subscriptions"])
        venue.set_price("QQQ", 512.25)
        while (event := await streamer.get_event(TimeAndSale)).price != pytest.approx(512.25):
            assert event.event_symbol == "QQQ"
        assert event.size > 0
        assert not event.extended_trading_hours
