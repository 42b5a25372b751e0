"""A person's manager: holds links open, says how they fare, and lets one link's trouble be its own."""

import asyncio
import gc
from decimal import Decimal

from brokers.contract.broker import Credentials
from brokers.contract.errors import CredentialsRejected
from brokers.contract.events import Balance, Link, Position, Quote
from streaming.links.runner import LinkRunner
from streaming.wire.subscription import Subscription
from tests.support.corridor import House, Info, MemoryLinks, Reader
from tests.support.eventually import aeventually

GIVEN = Credentials(refresh_token="canary-given-4711")
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


async def test_the_next_link_takes_the_feed_when_the_first_is_refused():
    first, second = Info(label="first"), Info(label="second")
    async with House(MemoryLinks(p1=[first, second])) as house:
        Reader(house, 1, DESK).join()
        one, two = await house.links.live(first), await house.links.live(second)
        assert one.watch.demand.quotes == {"QQQ"}
        assert two.watch.demand.quotes == frozenset()
        wanted = two.watch.demand
        one.fail(CredentialsRejected("revoked"))
        assert (await asyncio.wait_for(two.watch.change(wanted), 20)).quotes == {"QQQ"}


async def test_a_removed_link_takes_everything_that_came_by_it_off_the_page():
    info, other = Info(), Info()
    async with House(MemoryLinks(p1=[info, other])) as house:
        reader = Reader(house, 1, DESK).join()
        broker = await house.links.live(info)
        link = str(info.id)
        broker.say(
            Quote(symbol="QQQ", bid=1.0),
            Balance(link=link, account="5WX1", balance=Decimal(1)),
            Position(link=link, account="5WX1", symbol="QQQ", quantity=Decimal(-3)),
        )
        await reader.until(lambda r: {("quote", "QQQ"), ("balance", "5WX1")} <= r.slots.keys())
        house.links.people[1] = [other]
        house.host.links_changed(1)
        await reader.until(lambda r: ("link", link) not in r.slots)
        await reader.until(lambda r: not any(key[0] in ("quote", "balance", "position") for key in r.slots))
        assert broker.closed


async def test_nothing_holds_a_link_that_was_removed():
    """Not the last of them either, at which whoever went through them stopped: its adapter has a session."""
    info, other = Info(), Info()
    async with House(MemoryLinks(p1=[other, info])) as house:
        reader = Reader(house, 1, DESK).join()
        link = str(info.id)
        await reader.until(link_state(info, "live"))
        assert link in runners()
        house.links.people[1] = [other]
        house.host.links_changed(1)
        await reader.until(lambda r: ("link", link) not in r.slots)
        del house.links.brokers[info.id]
        assert str(other.id) in runners()
        assert link not in runners()


def runners() -> set[str]:
    """Return the links of the runners that are still held, by anybody."""
    gc.collect()
    return {one.id for one in gc.get_objects() if type(one) is LinkRunner}


async def test_a_refresh_is_counted_written_and_logged_for_the_person(caplog):
    info = Info()
    caplog.set_level("INFO")
    async with House(MemoryLinks(p1=[info])) as house:
        reader = Reader(house, 1, DESK).join()
        (await house.links.live(info)).say(Link(link=str(info.id), refreshed_at=1_700_000_000_000))
        await reader.until(lambda r: r.slots.get(("link", str(info.id)), {}).get("refreshes") == 1)
        async with asyncio.timeout(20):
            while (info.id, "refreshed") not in house.links.recorded:
                await asyncio.sleep(0)
    assert "Refreshed OAuth session for user 1" in caplog.text


async def test_taps_see_every_event_before_it_is_conflated():
    seen = []
    info = Info()
    async with House(MemoryLinks(p1=[info]), taps=[lambda person, event: seen.append((person, event))]) as house:
        Reader(house, 1, DESK).join()
        quotes = [Quote(symbol="QQQ", bid=float(cents)) for cents in range(100)]
        (await house.links.live(info)).say(*quotes)
        assert [event for _, event in seen if isinstance(event, Quote)] == quotes


async def test_the_default_accounts_balance_follows_the_persons_choice():
    info = Info()
    balance_only = Subscription(topics=frozenset({"balance"}))
    async with House(MemoryLinks(p1=[info])) as house:
        reader = Reader(house, 1, balance_only).join()
        broker = await house.links.live(info)
        link = str(info.id)
        broker.say(*(Balance(link=link, account=name, balance=Decimal(1)) for name in ("5WX1", "5WX2")))
        await reader.until(lambda r: r.slots)
        assert list(reader.slots) == [("balance", "5WX1")]
        house.links.people[1] = [Info(id=info.id, default_account="5WX2")]
        house.host.links_changed(1)
        await reader.until(lambda r: ("balance", "5WX2") in r.slots)


async def test_credentials_a_venue_renewed_are_stored_though_the_database_stumbles(caplog):
    info, renewed = Info(), Credentials(refresh_token="canary-renewed-4711")
    links = MemoryLinks(p1=[info])
    links.failing = [OSError("the disk is full")]
    async with House(links) as house:
        Reader(house, 1, DESK).join()
        broker = await links.live(info)
        assert broker.renewed is not None
        broker.renewed(GIVEN, Credentials(refresh_token="between"))
        broker.renewed(Credentials(refresh_token="between"), renewed)
        await aeventually(lambda: links.stored == [(info.id, renewed)])
        assert links.replaced == [GIVEN, {"refresh_token": "between"}], "either may be stored"
        assert not links.afresh
        assert broker.runs == 1, "its streams go on"
    assert "canary" not in caplog.text


async def test_credentials_renewed_at_the_very_end_are_stored_too():
    info, renewed = Info(), Credentials(refresh_token="canary-renewed-4711")
    links = MemoryLinks(p1=[info])
    async with House(links) as house:
        Reader(house, 1, DESK).join()
        broker = await links.live(info)
        assert broker.renewed is not None
        broker.renewed(GIVEN, renewed)
    assert links.stored == [(info.id, renewed)]
    assert not links.afresh, "nobody else had them meanwhile"
