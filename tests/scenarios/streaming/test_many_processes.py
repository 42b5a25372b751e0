"""Hubs and hosts of several processes reach each other over a real layer, and heal when owners and layers go."""

import asyncio
import contextlib

from brokers.contract.events import Quote
from streaming import runtime
from streaming.bus.messages import FrameBatch
from streaming.ownership import rows
from streaming.wire.frames import Close
from streaming.wire.subscription import Subscription
from tests.support import databases
from tests.support.cluster_in_one_loop import BRISK, Station
from tests.support.corridor import Info, MemoryLinks
from tests.support.eventually import aeventually

DESK = Subscription(quotes=frozenset({"QQQ"}), topics=frozenset({"links"}))


def bid(price: float):
    """Whether a reader was told of this price."""
    return lambda reader: reader.slots.get(("quote", "QQQ"), {}).get("bid") == price


async def broker_of(station: Station, info: Info):
    """Return the broker that runs at `station`."""
    async with asyncio.timeout(10):
        return await station.links.live(info)


@contextlib.asynccontextmanager
async def apart(valkey, info: Info):
    """A process that holds the person's link, one that only serves pages, and a reader of that one."""
    async with Station(valkey, MemoryLinks(p1=[info])) as streams, Station(valkey, MemoryLinks(), willing=False) as web:
        yield streams, web, web.reader(DESK)


async def test_a_process_without_a_host_shows_what_another_one_streams(valkey):
    info = Info()
    async with apart(valkey, info) as (streams, web, reader):
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
        owners = [station for station in (one, other) if any(held.owned for held in station.host.people.values())]
        assert len(owners) == 1
        broker = await broker_of(owners[0], info)
        broker.say(Quote(symbol="QQQ", bid=1.0))
        for reader in readers:
            await reader.until(bid(1.0))
        assert len({reader.socket.epoch for reader in readers}) == 1


async def test_a_planned_handover_takes_less_than_two_seconds_and_no_client_notices(valkey):
    info = Info()
    async with apart(valkey, info) as (one, _, reader):
        broker = await broker_of(one, info)
        broker.say(Quote(symbol="QQQ", bid=1.0))
        await reader.until(bid(1.0))
        async with Station(valkey, MemoryLinks(p1=[info])) as other:
            begun = asyncio.get_running_loop().time()
            await one.host.stop()
            (await broker_of(other, info)).say(Quote(symbol="QQQ", bid=2.0))
            await reader.until(bid(2.0))
            assert asyncio.get_running_loop().time() - begun < 2
            assert broker.closed, "the former owner left its venue first"
            assert reader.socket.epoch == other.epoch
            assert len(reader.of("welcome")) == 1


async def test_a_process_that_is_gone_without_a_word_is_replaced_and_the_page_says_that_it_waits(valkey, settings):
    settings.STREAM = {"lease_s": BRISK.lease_s}
    info = Info()
    gone = await Station(valkey, MemoryLinks(p1=[info])).__aenter__()
    async with Station(valkey, MemoryLinks(), willing=False) as web:
        reader = web.reader(DESK)
        (await broker_of(gone, info)).say(Quote(symbol="QQQ", bid=1.0))
        await reader.until(bid(1.0))
        async with Station(valkey, MemoryLinks(p1=[info])) as other:
            former = gone.host.people[1].board.epoch
            await gone.vanish()
            silent_at = asyncio.get_running_loop().time()
            await reader.until(lambda r: r.of("feed"))
            assert asyncio.get_running_loop().time() - silent_at < BRISK.deaf_s + 3 * BRISK.beacon_s
            (await broker_of(other, info)).say(Quote(symbol="QQQ", bid=2.0))
            await reader.until(bid(2.0))
            assert asyncio.get_running_loop().time() - silent_at < 2 * BRISK.lease_s
            epoch = other.epoch
            before = web.whereabouts.former
            web.whereabouts.receive(FrameBatch(person_text="1", epoch=former, views={}))
            assert web.whereabouts.former == before + 1, "what the former owner still says is dropped"
            assert reader.socket.epoch == epoch
        await gone.come_back()


async def test_who_loses_access_is_closed_in_every_process_and_their_links_with_them(valkey):
    info = Info()
    async with apart(valkey, info) as (streams, _, reader):
        broker = await broker_of(streams, info)
        await reader.until(lambda r: r.of("welcome"))
        streams.links.people[1] = []
        await asyncio.to_thread(runtime.tell_access_ended, 1)
        await aeventually(lambda: reader.socket.gone.done())
        assert reader.socket.gone.result().code == Close.SIGNED_OUT
        await aeventually(lambda: broker.closed)


async def test_a_changed_link_reaches_the_process_that_holds_it(valkey):
    first, second = Info(), Info()
    async with apart(valkey, first) as (streams, _, _):
        await broker_of(streams, first)
        streams.links.people[1] = [first, second]
        await asyncio.to_thread(runtime.tell_links_changed, 1)
        await broker_of(streams, second)


async def test_a_changed_link_reaches_its_owner_also_where_nobody_could_say_so(valkey, ledger_database):
    first, second = Info(), Info()
    async with apart(valkey, first) as (streams, _, _):
        await broker_of(streams, first)
        await aeventually(lambda: streams.host.people[1].links is not None)
        streams.links.people[1] = [second]
        await asyncio.to_thread(databases.inside, ledger_database, lambda: rows.note_links(1))
        await broker_of(streams, second)
        await aeventually(lambda: streams.links.brokers[first.id].closed)
