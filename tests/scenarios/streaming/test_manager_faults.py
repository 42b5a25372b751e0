"""A manager's own trouble: a database that fails, a slow goodbye, a broker that cannot be closed, a bad message."""

import asyncio
import typing
from decimal import Decimal

from brokers.contract.events import Balance, Position, Quote
from streaming import runtime
from streaming.bus.messages import InterestUpdate
from streaming.limits import Limits
from streaming.wire.subscription import Subscription
from tests.support.corridor import House, Info, MemoryLinks, Reader, TalkingBroker

DESK = Subscription(quotes=frozenset({"QQQ"}), topics=frozenset({"portfolio", "links"}))
OFTEN = Limits(pulse_ms=5, linger_s=0.0, beacon_s=0.02, deaf_s=0.1)


class FailingLinks(MemoryLinks):
    """Links behind a database that fails."""

    unreadable = unwritable = True

    async def of(self, person):
        if self.unreadable:
            raise OSError("database is locked")
        return await super().of(person)

    async def record(self, link, state, reason, delayed):
        if self.unwritable:
            raise OSError("database is locked")
        await super().record(link, state, reason, delayed)


async def test_links_that_could_not_be_read_are_waited_for_aloud_and_read_again():
    info = Info()
    links = FailingLinks(p1=[info])
    async with House(links, OFTEN) as house:
        reader = Reader(house, 1, DESK).join()
        await reader.until(lambda r: r.of("feed"))
        assert reader.messages[-1]["type"] == "feed", "nothing may say that it is fed again"
        links.unreadable = False
        await reader.until(lambda r: r.slots.get(("link", str(info.id)), {}).get("state") == "live")


async def test_a_state_that_could_not_be_written_is_written_later():
    info = Info()
    links = FailingLinks(p1=[info])
    links.unreadable = False
    async with House(links) as house:
        Reader(house, 1, DESK).join()
        await house.links.live(info)
        await _until(lambda: house.host.people[1].manager._tasks.deaths)
        links.unwritable = False
        await _until(lambda: links.recorded == [(info.id, "live")])


class Unclosable(TalkingBroker):
    """A broker that cannot be closed."""

    async def close(self) -> None:
        self.closed = True
        raise RuntimeError("no goodbye")


async def test_a_broker_that_cannot_be_closed_does_not_end_its_link():
    info = Info()
    async with House(MemoryLinks(p1=[info])) as house:
        house.links.brokers[info.id] = Unclosable(info)
        reader = Reader(house, 1, DESK).join()
        (await house.links.live(info)).fail(ZeroDivisionError("bug"))
        await reader.until(lambda r: r.slots.get(("link", str(info.id)), {}).get("state") == "waiting")
        await reader.until(lambda r: r.slots["link", str(info.id)]["state"] == "live")


async def test_what_was_sold_while_the_venue_was_away_leaves_the_page():
    """A new broker does not know which positions were told of; what it does not confirm is gone."""
    info = Info()
    link = str(info.id)
    async with House(MemoryLinks(p1=[info])) as house:
        reader = Reader(house, 1, DESK).join()
        broker = await house.links.live(info)
        broker.say(
            Balance(link=link, account="5WX1", balance=Decimal(1)),
            Position(link=link, account="5WX1", symbol="QQQ", quantity=Decimal(3)),
        )
        await reader.until(lambda r: ("position", "QQQ") in r.slots)
        broker.fail(ZeroDivisionError("bug"))
        await _until(lambda: house.links.brokers[info.id] is not broker)
        await reader.until(lambda r: ("position", "QQQ") not in r.slots)


async def test_a_hub_that_left_leaves_no_port_behind(valkey):
    found = runtime.runtime()
    try:
        for number in range(20):
            reply = f"reply{number}"
            found._receive(InterestUpdate(person_text="7", hub=str(number), views={}, reply=reply))
        assert found.layer is not None
        assert [name for name in found.layer._ports if name.startswith("reply")] == []
    finally:
        await runtime.drain()


async def test_a_desk_that_drains_is_still_the_one_that_is_asked(valkey):
    """Whoever asks whether it is ready must not be answered by a new one."""
    found = runtime.runtime()
    draining = asyncio.ensure_future(runtime.drain())
    await asyncio.sleep(0)
    assert runtime.runtime() is found
    assert found.hub.closing
    await draining


async def test_who_lost_their_access_loses_their_links_too():
    info = Info()
    async with House(MemoryLinks(p1=[info])) as house:
        reader = Reader(house, 1, DESK).join()
        broker = await house.links.live(info)
        broker.say(Quote(symbol="QQQ", bid=1.0))
        await reader.until(lambda r: ("quote", "QQQ") in r.slots)
        house.links.people[1] = []
        runtime.Runtime.access_ended(typing.cast(typing.Any, house), 1, None)
        assert reader.socket.gone.result().code == 4001
        await _until(lambda: broker.closed)


async def _until(holds) -> None:
    async with asyncio.timeout(20):
        while not holds():
            await asyncio.sleep(0)
