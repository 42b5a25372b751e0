"""What the streams count: conflation, skipped frames, closes with their reason, reconnects, dropped rows, delays."""

import asyncio

import pytest

from brokers.contract.errors import CredentialsRejected, LinkLost
from brokers.contract.events import Link, Quote
from lib.clock import now_ms
from lib.tasks import Tasks
from streaming.board.board import KEYS
from streaming.bus.bus import OUTBOX, LayerPort, Losses
from streaming.bus.messages import Echo
from streaming.facts import KINDS
from streaming.limits import Limits
from streaming.sockets.credit import Credit
from streaming.status import process, totals
from streaming.telemetry.counters import HostCounts
from streaming.wire.frames import Close
from streaming.wire.subscription import LIST_TOPICS, SUBJECTS, Subscription, topic
from tests.support.corridor import House, Info, MemoryLinks, Reader
from tests.support.eventually import aeventually

DESK = Subscription(quotes=frozenset({"QQQ", "SPY"}), topics=frozenset({"links"}))
VENUE = ("venue", "simulated")


async def watched(house, links, info, view=DESK, **options):
    """A reader of alice's, and her broker, both live."""
    reader = Reader(house, 1, view, **options).join()
    broker = await links.live(info)
    await reader.until(lambda r: r.slots.get(("link", str(info.id)), {}).get("state") == "live")
    return reader, broker


def median(book):
    return book.percentiles()["p50"]


def price(bid, **more):
    return Quote(symbol="QQQ", bid=float(bid), at=now_ms(), **more)


async def test_a_burst_is_conflated_and_the_ratio_says_so():
    links = MemoryLinks(p1=[info := Info()])
    async with House(links) as house:
        reader, broker = await watched(house, links, info)
        before = (await totals.links(house.host))[VENUE].events, totals.changes(house.host), reader.socket.sent.updates
        broker.say(*(price(bid) for bid in range(1, 101)))
        await reader.until(lambda r: r.slots.get(("quote", "QQQ"), {}).get("bid") == 100)
        events = (await totals.links(house.host))[VENUE].events - before[0]
        changes = totals.changes(house.host) - before[1]
        assert events == 100
        assert changes == 1
        assert reader.socket.sent.updates - before[2] == 1


async def test_a_socket_without_room_skips_live_frames_and_catches_up_once():
    links = MemoryLinks(p1=[info := Info()])
    async with House(links) as house:
        reader, broker = await watched(house, links, info)
        reader.gate.clear()
        broker.say(price(1))
        await reader.sending()
        skipped, asked = reader.socket.sent.skipped, reader.socket.sent.catch_ups
        for bid in range(2, 6):
            seq = house.host.people[1].board.seq
            broker.say(price(bid))
            async with asyncio.timeout(20):
                while house.host.people[1].board.seq == seq:
                    await asyncio.sleep(0)
        reader.gate.set()
        await reader.until(lambda r: r.slots.get(("quote", "QQQ"), {}).get("bid") == 5)
        assert reader.socket.sent.skipped - skipped == 4
        assert reader.socket.sent.catch_ups - asked == 1


async def test_a_too_slow_socket_is_counted_with_its_reason():
    links = MemoryLinks(p1=[info := Info()])
    limits = Limits(pulse_ms=5, beacon_s=0.02, send_timeout_s=0.05, ack_timeout_s=0.05)
    async with House(links, limits) as house:
        stuck, broker = await watched(house, links, info)
        stuck.gate.clear()
        broker.say(price(1))
        silent = Reader(house, 1, DESK, credit=Credit(32, 1 << 18)).join()
        for reader, reason in (
            (stuck, "it does not take what it is sent"),
            (silent, "it does not acknowledge what it is sent"),
        ):
            async with asyncio.timeout(20):
                assert await reader.socket.gone == (Close.TOO_SLOW, reason)
            house.hub.leave(reader.socket)
            assert house.hub.counts.closes["frames", 4008, reason] == 1


async def test_a_venue_that_hangs_up_is_counted_as_a_reconnect():
    links = MemoryLinks(p1=[info := Info()])
    async with House(links) as house:
        reader, broker = await watched(house, links, info)
        assert (await totals.links(house.host))[VENUE].reconnects == 0
        broker.fail(LinkLost("gone"))
        await reader.until(lambda r: r.slots["link", str(info.id)]["reconnects"] == 1)
        assert (await totals.links(house.host))[VENUE].reconnects == 1


async def test_bad_rows_add_up_over_the_runs_of_an_adapter():
    links = MemoryLinks(p1=[info := Info()])
    async with House(links) as house:
        _, broker = await watched(house, links, info)
        for told in (0, 3, 5, 2, 2):  # the fourth is a new run that counts from 0 again
            broker.say(Link(link=str(info.id), bad_rows=told))
        assert (await totals.links(house.host))[VENUE].bad_rows == 7


async def test_those_in_trouble_are_told_before_the_others():
    links = MemoryLinks(p1=[well := Info()], p2=[sick := Info()])
    async with House(links) as house:
        await watched(house, links, well)
        reader = Reader(house, 2, DESK).join()
        (await links.live(sick)).fail(CredentialsRejected("revoked"))
        await reader.until(lambda r: r.slots.get(("link", str(sick.id)), {}).get("state") == "refused")
        people = list(house.host.people.values())
        told = await process.host_told(house.host, people, lambda counter, count: None, process.StatusQuery(most=1))
        assert [manager["person"] for manager in told["managers"]] == [2]
        assert told["people"] == sum(told["links"].values()) == 2


async def test_an_update_is_followed_from_the_venue_to_the_socket():
    links = MemoryLinks(p1=[info := Info()])
    async with House(links) as house:
        reader, broker = await watched(house, links, info)
        broker.say(price(1, source="feed"))
        counts, bid, came = house.hub.counts, 1, now_ms() - 700
        came += came % 1_000 == 0
        async with asyncio.timeout(20):
            while not counts.from_venue["frames"].count:  # at most one update in a quarter of a second is followed
                bid += 1
                broker.say(price(bid, bid_at=came))
                await reader.until(lambda r, bid=bid: r.slots.get(("quote", "QQQ"), {}).get("bid") == bid)
                came += 1
        in_server = median(house.host.counts.from_venue)
        assert 600 < in_server < 3_000
        assert counts.to_socket["frames"].count >= 1
        assert median(counts.from_venue["frames"]) >= in_server
        assert counts.by_topic["quotes"].count >= 1
        assert house.host.people[1].from_venue.count == house.host.counts.from_venue.count


async def test_a_socket_that_is_held_up_is_measured_with_its_delay():
    links = MemoryLinks(p1=[info := Info()])
    async with House(links) as house:
        reader, broker = await watched(house, links, info)
        house.host.people[1].stamp_at = 0.0  # the next update is followed
        reader.gate.clear()
        broker.say(price(1))
        await reader.sending()
        held_at = now_ms()
        book = house.hub.counts.to_socket["frames"]
        before = book.count
        await aeventually(lambda: now_ms() - held_at > 80)
        reader.gate.set()
        await aeventually(lambda: book.count > before)
        assert (book.longest or 0) >= 80


async def test_a_full_outbox_and_a_dead_layer_are_counted():
    tasks, losses, gate = Tasks("test"), Losses(), asyncio.Event()

    async def deliver(parcel):
        await gate.wait()
        raise OSError("no layer")

    port = LayerPort(deliver, tasks, losses)
    port.send(Echo(at=0.0))
    await aeventually(lambda: not port._outbox)
    for number in range(OUTBOX + 3):
        port.send(Echo(at=number))
    assert losses.overflowed == 3
    gate.set()
    await aeventually(lambda: not len(tasks))
    assert losses.undelivered == OUTBOX + 1


def test_every_kind_of_slot_and_fact_belongs_to_something_that_is_watched():
    subjects = {topic(kind) for kind in (*KEYS, *KINDS)}
    assert subjects | LIST_TOPICS | {"balance"} == set(SUBJECTS)


@pytest.mark.parametrize(("people", "every_s"), [(0, 0.25), (1, 0.25), (5, 0.25), (400, 20.0)])
def test_many_people_share_what_is_followed(people, every_s):
    counts = HostCounts()
    counts.share(people)
    assert counts.stamp_s == every_s
