"""What the owners of counters counted adds up, and outlives the sockets and links that it was counted for."""

from brokers.contract.events import Quote
from lib.clock import now_ms
from streaming.status import totals
from streaming.telemetry.counters import CARRIERS
from streaming.wire.subscription import Subscription
from tests.support.corridor import House, Info, MemoryLinks, Reader
from tests.support.eventually import aeventually

DESK = Subscription(quotes=frozenset({"QQQ"}), topics=frozenset({"links"}))
VENUE = ("venue", "simulated")


async def watched(house, links, info, **options):
    """A reader of alice's, and her broker, both live."""
    reader = Reader(house, 1, DESK, **options).join()
    broker = await links.live(info)
    await reader.until(lambda r: r.slots.get(("link", str(info.id)), {}).get("state") == "live")
    return reader, broker


def price(bid):
    return Quote(symbol="QQQ", bid=float(bid), at=now_ms())


async def test_a_desk_that_did_nothing_counts_nothing():
    async with House(MemoryLinks()) as house:
        assert set(totals.traffic(house.hub)) == {*CARRIERS}
        assert {sent.frames for sent in totals.traffic(house.hub).values()} == {0}
        assert await totals.links(house.host) == {}
        assert (totals.changes(house.host), totals.deaths(house.host)) == (0, 0)


async def test_links_of_one_venue_and_environment_count_together():
    links = MemoryLinks(p1=[info := Info(label="a"), Info(label="b"), Info(label="c", environment="live")])
    async with House(links) as house:
        _, broker = await watched(house, links, info)
        others = [await links.live(other) for other in links.people[1][1:]]
        before = await totals.links(house.host)
        for each, count in zip((broker, *others), (1, 2, 4), strict=True):
            each.say(*(price(bid) for bid in range(count)))
        after = await totals.links(house.host)
        assert {kind: counts.events - before[kind].events for kind, counts in after.items()} == {
            VENUE: 3,
            ("venue", "live"): 4,
        }


async def test_every_rate_has_its_counter_by_carrier_person_and_link():
    links = MemoryLinks(p1=[info := Info()])
    async with House(links) as house:
        reader, broker = await watched(house, links, info)
        broker.say(price(1))
        await reader.until(lambda r: ("quote", "QQQ") in r.slots)
        counts = await totals.rated(house.hub, house.host)
        assert counts["frames", "frames"] == len(reader.of("frame"))
        assert counts["frames", "bytes"] == sum(map(len, reader.texts))
        assert counts[1, "changes"] == totals.changes(house.host) > 0
        assert counts[str(info.id)] == (await totals.links(house.host))[VENUE].events
        assert {key[0] for key in counts if isinstance(key, tuple)} == {*CARRIERS, 1}


async def test_what_a_socket_was_sent_stays_counted_when_it_leaves():
    links = MemoryLinks(p1=[info := Info()])
    async with House(links) as house:
        reader, _ = await watched(house, links, info)
        sent = totals.traffic(house.hub)["frames"]
        assert sent.frames == len(reader.of("frame"))
        assert sent.characters == sum(map(len, reader.texts))
        assert sent.updates == sum(len(frame["state"]) for frame in reader.of("frame"))
        house.hub.leave(reader.socket)
        assert totals.traffic(house.hub)["frames"] == sent
        assert house.hub.counts.opened == house.hub.counts.departures == {"frames": 1}
        assert not house.hub.counts.closes


async def test_counters_outlive_the_manager_and_the_link_they_counted_for():
    links = MemoryLinks(p1=[info := Info(label="a"), Info(label="b")])
    async with House(links) as house:
        reader, broker = await watched(house, links, info)
        broker.say(price(1), price(2))
        await reader.until(lambda r: r.slots.get(("quote", "QQQ"), {}).get("bid") == 2)
        counted, changed = (await totals.links(house.host))[VENUE].events, totals.changes(house.host)
        links.people[1].pop(0)
        house.host.links_changed(1)
        await reader.until(lambda r: ("link", str(info.id)) not in r.slots)
        assert (await totals.links(house.host))[VENUE].events == counted
        house.hub.leave(reader.socket)
        await aeventually(lambda: not house.host.people)
        assert (await totals.links(house.host))[VENUE].events == counted
        assert totals.changes(house.host) >= changed
