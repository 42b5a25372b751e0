"""Hubs and hosts of several processes reach each other over a real layer, and heal when owners and layers go."""

import asyncio

from brokers.events import Quote
from streaming.watch import View
from tests.eventually import aeventually
from tests.streaming.cast import Info, MemoryLinks
from tests.streaming.stations import Station

DESK = View(quotes=frozenset({"QQQ"}), topics=frozenset({"links"}))


def bid(price: float):
    """Whether a reader was told of this price."""
    return lambda reader: reader.slots.get(("quote", "QQQ"), {}).get("bid") == price


async def broker_of(station: Station, info: Info):
    """Return the broker that runs at `station`."""
    async with asyncio.timeout(10):
        return await station.links.live(info)


async def test_a_process_without_a_host_shows_what_another_one_streams(valkey):
    info = Info()
    async with Station(valkey, MemoryLinks(p1=[info])) as streams, Station(valkey, MemoryLinks(), willing=False) as web:
        reader = web.reader(DESK)
        broker = await broker_of(streams, info)
        broker.say(Quote(symbol="QQQ", bid=1.0))
        await reader.until(bid(1.0))
        for price in range(2, 40):
            broker.say(Quote(symbol="QQQ", bid=float(price)))
            await asyncio.sleep(0)
        await reader.until(bid(39.0))
        assert web.host.people == {}
        assert reader.socket.epoch == streams.host.people[1].board.epoch


async def test_a_person_who_comes_to_two_processes_has_one_owner(valkey):
    info = Info()
    async with (
        Station(valkey, MemoryLinks(p1=[info])) as one,
        Station(valkey, MemoryLinks(p1=[info])) as other,
        Station(valkey, MemoryLinks(), willing=False) as third,
    ):
        readers = [station.reader(DESK) for station in (one, other, third)]
        await aeventually(lambda: all(reader.of("welcome") for reader in readers))
        owners = [station for station in (one, other) if station.host.people]
        assert len(owners) == 1
        broker = await broker_of(owners[0], info)
        broker.say(Quote(symbol="QQQ", bid=1.0))
        for reader in readers:
            await reader.until(bid(1.0))
        assert len({reader.socket.epoch for reader in readers}) == 1
