"""One link is run until it is removed: what it waits for, what it is never asked again, and what it says of itself."""

import asyncio
from decimal import Decimal

from brokers.contract.errors import CredentialsRejected, LinkLost, NotSupported
from brokers.contract.events import Balance, Link
from streaming.wire.subscription import Subscription
from tests.support.corridor import House, Info, MemoryLinks, Reader

DESK = Subscription(quotes=frozenset({"QQQ"}), topics=frozenset({"portfolio", "links"}))


def link_state(info, state):
    return lambda reader: reader.slots.get(("link", str(info.id)), {}).get("state") == state


def seen_states(reader, info):
    return [
        item["state"]
        for frame in reader.of("frame")
        for item in frame["state"]
        if item["type"] == "link" and item["link"] == str(info.id) and "state" in item
    ]


async def test_a_lost_link_waits_says_when_it_tries_and_comes_back():
    info = Info()
    async with House(MemoryLinks(p1=[info])) as house:
        reader = Reader(house, 1, DESK).join()
        broker = await house.links.live(info)
        await reader.until(link_state(info, "live"))
        broker.fail(LinkLost("venue went away"))
        await reader.until(lambda r: broker.runs == 2 and link_state(info, "live")(r))
        assert "waiting" in seen_states(reader, info)
        waits = [i for f in reader.of("frame") for i in f["state"] if i.get("state") == "waiting"]
        assert waits[0]["reason"] == "venue went away"
        assert waits[0]["retry_at"] >= waits[0]["since"]
        assert reader.slots["link", str(info.id)]["reason"] is None
        assert reader.slots["link", str(info.id)]["reconnects"] == 1


async def test_a_live_link_says_what_it_lacks_until_it_is_live_without_that():
    info = Info()
    async with House(MemoryLinks(p1=[info])) as house:
        reader = Reader(house, 1, DESK).join()
        broker = await house.links.live(info)
        broker.say(Link(link=str(info.id), state="live", reason="no market data for these credentials"))
        await reader.until(lambda r: r.slots["link", str(info.id)].get("reason") is not None)
        assert link_state(info, "live")(reader)
        broker.say(Link(link=str(info.id), state="live"))
        await reader.until(lambda r: r.slots["link", str(info.id)]["reason"] is None)


async def test_the_venues_own_wish_to_wait_is_respected():
    info = Info()
    async with House(MemoryLinks(p1=[info])) as house:
        reader = Reader(house, 1, DESK).join()
        (await house.links.live(info)).fail(LinkLost("slow down", retry_after=30))
        await reader.until(link_state(info, "waiting"))
        slot = reader.slots["link", str(info.id)]
        assert slot["retry_at"] - slot["since"] >= 29_000


async def test_rejected_credentials_stop_the_link_and_are_not_tried_again():
    info = Info()
    async with House(MemoryLinks(p1=[info])) as house:
        reader = Reader(house, 1, DESK).join()
        broker = await house.links.live(info)
        broker.fail(CredentialsRejected("the grant was revoked"))
        await reader.until(link_state(info, "refused"))
        assert reader.slots["link", str(info.id)]["reason"] == "the grant was revoked"
        async with asyncio.timeout(20):
            while (info.id, "refused") not in house.links.recorded:
                await asyncio.sleep(0)
        assert broker.closed
        assert broker.runs == 1
        house.hub.leave(reader.socket)
        async with asyncio.timeout(20):
            while 1 in house.host.people:
                await asyncio.sleep(0)
    assert house.links.reasons[info.id] == "the grant was revoked", "the reason outlives the manager"


async def test_a_relinked_link_starts_again_with_its_new_credentials():
    info = Info()
    async with House(MemoryLinks(p1=[info])) as house:
        reader = Reader(house, 1, DESK).join()
        (await house.links.live(info)).fail(CredentialsRejected("revoked"))
        await reader.until(link_state(info, "refused"))
        new = Info(id=info.id, revision=2)
        house.links.people[1] = [new]
        house.host.links_changed(1)
        await reader.until(link_state(info, "live"))
        assert house.links.brokers[info.id].info.revision == 2


async def test_a_link_known_to_be_refused_is_not_opened_and_says_why_it_was():
    info = Info(state="refused", reason="the grant was revoked")
    async with House(MemoryLinks(p1=[info])) as house:
        reader = Reader(house, 1, DESK).join()
        await reader.until(link_state(info, "refused"))
        assert reader.slots[("link", str(info.id))]["reason"] == "the grant was revoked"
        assert house.links.brokers == {}


async def test_a_bug_in_one_adapter_leaves_the_persons_other_link_alone():
    first, second = Info(), Info(default_account="5WX2")
    async with House(MemoryLinks(p1=[first, second])) as house:
        reader = Reader(house, 1, DESK).join()
        one, two = await house.links.live(first), await house.links.live(second)
        one.fail(ZeroDivisionError("bug"))
        await reader.until(link_state(first, "waiting"))
        two.say(Balance(link=str(second.id), account="5WX2", balance=Decimal(7)))
        await reader.until(lambda r: ("balance", "5WX2") in r.slots)
        assert one.closed
        assert two.runs == 1


async def test_what_a_venue_cannot_do_is_not_asked_again():
    info = Info()
    async with House(MemoryLinks(p1=[info])) as house:
        reader = Reader(house, 1, DESK).join()
        (await house.links.live(info)).fail(NotSupported("streaming"))
        await reader.until(link_state(info, "refused"))
