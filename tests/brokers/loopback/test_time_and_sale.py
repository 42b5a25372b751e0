"""Every print of the market reaches whoever asked for TimeAndSale: none is conflated away."""

import asyncio
import typing

import pytest
from tastytrade import Session
from tastytrade.dxfeed import TimeAndSale

from brokers.loopback.server import Running
from brokers.loopback.tastytrade.feed import FIELDS
from tests.brokers.loopback.conftest import Door
from tests.brokers.loopback.test_sdk import feed

WIDTH = len(FIELDS["TimeAndSale"])


def events(data: list[typing.Any]) -> list[dict[str, typing.Any]]:
    """Return the events of one FEED_DATA with every field."""
    kind, values = data
    assert kind == "TimeAndSale"
    return [dict(zip(FIELDS[kind], values[n : n + WIDTH], strict=True)) for n in range(0, len(values), WIDTH)]


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
        async with asyncio.timeout(5):
            while len(told) < 40:
                kind, _ = data = await client.data(13)
                told += events(data) if kind == "TimeAndSale" else []
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


async def test_the_sdk_reads_them(session: Session, venue: Running):
    async with asyncio.timeout(5), feed(session) as streamer:
        await streamer.subscribe(TimeAndSale, ["QQQ", "VIX"], refresh_interval=0.0)
        while not venue.stats()["connections"][0]["subscriptions"]:
            await asyncio.sleep(0.01)
        venue.set_price("QQQ", 512.25)
        while (event := await streamer.get_event(TimeAndSale)).price != pytest.approx(512.25):
            assert event.event_symbol == "QQQ"
        assert event.size > 0
        assert not event.extended_trading_hours
