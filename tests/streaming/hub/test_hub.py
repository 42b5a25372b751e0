"""A hub tells sockets what they may see, makes good what they missed, and sends them away in good order."""

import asyncio
import itertools

import msgspec
import pytest

from accounts.auth.access import Access
from brokers.contract.events import Quote
from streaming.bus.messages import CatchUpReply
from streaming.limits import Limits
from streaming.sockets.socket import Socket
from streaming.wire.subscription import Subscription, SubscriptionError
from tests.support.corridor import QUICK, House, Info, MemoryLinks, Reader
from tests.support.eventually import aeventually

QQQ = Subscription(quotes=frozenset({"QQQ"}))
BOTH = Subscription(quotes=frozenset({"QQQ", "SPY"}))
MONEY = Subscription(topics=frozenset({"portfolio", "links"}))
BY = {
    "s": Access(1, "s"),
    "t": Access(1, "t"),
    "7": Access(1, token="7"),
    "8": Access(1, token="8"),
    "2": Access(2, "s"),
}
SPY = Subscription(quotes=frozenset({"SPY"}))


async def test_a_join_is_answered_with_welcome_and_a_snapshot():
    info = Info()
    async with House(MemoryLinks(p1=[info])) as house:
        first = Reader(house, 1, QQQ).join()
        (await house.links.live(info)).say(Quote(symbol="QQQ", bid=1.0))
        await first.until(lambda r: r.slots)
        second = Reader(house, 1, QQQ).join()
        await second.until(lambda r: r.slots)
        assert [m["type"] for m in second.messages] == ["welcome", "frame"]
        assert second.messages[0]["recovered"] is False
        assert second.messages[1]["snapshot"] is True
        assert second.slots == first.slots


async def test_a_resume_at_a_known_cursor_brings_only_what_is_newer():
    info = Info()
    async with House(MemoryLinks(p1=[info])) as house:
        first = Reader(house, 1, QQQ).join()
        broker = await house.links.live(info)
        broker.say(Quote(symbol="QQQ", bid=1.0, ask=2.0))
        await first.until(lambda r: r.slots)
        frame = first.of("frame")[-1]
        house.hub.leave(first.socket)
        broker.say(Quote(symbol="QQQ", bid=1.5))
        again = Reader(house, 1, QQQ).join((frame["epoch"], frame["seq"], 0))
        await again.until(lambda r: r.of("frame"))
        assert again.messages[0]["recovered"] is True
        assert again.messages[1]["state"] == [{"type": "quote", "symbol": "QQQ", "bid": 1.5}]


async def test_every_frame_continues_the_one_before_it():
    info = Info()
    async with House(MemoryLinks(p1=[info])) as house:
        reader, other = Reader(house, 1, QQQ).join(), Reader(house, 1, BOTH).join()
        broker = await house.links.live(info)
        for tick in range(1, 30):
            broker.say(Quote(symbol="SPY" if tick % 3 else "QQQ", bid=float(tick)))
            await other.until(lambda r, bid=tick: any(slot.get("bid") == bid for slot in r.slots.values()))
        await reader.until(lambda r: r.slots and r.slots["quote", "QQQ"]["bid"] == 27)
        frames = reader.of("frame")
        assert all(b["prev"] <= a["seq"] < b["seq"] for a, b in itertools.pairwise(frames))


async def test_an_answer_for_another_person_is_not_taken():
    """The second barrier: a message names its owner, and the hub looks before it sends."""
    info = Info()
    async with House(MemoryLinks(p1=[info])) as house:
        reader = Reader(house, 2, MONEY).join()
        await reader.until(lambda r: r.of("frame"))
        house.hub.catch_up(reader.socket)
        ask = house.hub.asks.newest
        house.hub.asks._sockets[ask] = reader.socket
        house.hub.receive(
            CatchUpReply(
                person_text="1", ask=ask, epoch="x", recovered=False, empty=False, more=False, prev=0, seq=9, fact=0,
                updates=1, text='{"type":"frame","secret":1}',
            )
        )  # fmt: skip
        assert "secret" not in str(reader.socket.ready)


async def test_lost_envelopes_are_noticed_and_made_good():
    """The bus may drop: the next frame does not continue the cursor, so the socket asks."""
    info = Info()
    async with House(MemoryLinks(p1=[info])) as house:
        reader = Reader(house, 1, QQQ).join()
        broker = await house.links.live(info)
        broker.say(Quote(symbol="QQQ", bid=1.0, ask=2.0))
        await reader.until(lambda r: r.slots)
        house.cut = True
        broker.say(Quote(symbol="QQQ", ask=2.5))
        while house.host.people[1].board.dirty:
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        house.cut = False
        broker.say(Quote(symbol="QQQ", bid=1.5))
        await reader.until(lambda r: r.slots["quote", "QQQ"]["bid"] == 1.5)
        assert reader.slots["quote", "QQQ"]["ask"] == 2.5


async def test_who_missed_something_and_is_not_answered_is_fed_by_nobody():
    """As when the layer has come back for one direction only: what cannot be shown is no sign of life."""
    info = Info()
    rare = msgspec.structs.replace(QUICK, beacon_s=10.0, deaf_s=30.0, want_ttl_s=60.0)
    async with House(MemoryLinks(p1=[info]), rare) as house:
        reader = Reader(house, 1, QQQ).join()
        broker = await house.links.live(info)
        broker.say(Quote(symbol="QQQ", bid=1.0, ask=2.0))
        await reader.until(lambda r: r.slots)
        house.cut = house.deaf = True
        broker.say(Quote(symbol="QQQ", ask=2.5))
        while house.host.people[1].board.dirty:
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        house.cut = False
        fed_at = reader.socket.fed_at
        broker.say(Quote(symbol="QQQ", bid=1.5))
        await aeventually(lambda: reader.socket.asked)
        assert reader.socket.fed_at == fed_at
        house.deaf = False
        house.hub.catch_up(reader.socket)
        await reader.until(lambda r: r.slots["quote", "QQQ"]["bid"] == 1.5)
        assert reader.socket.fed_at > fed_at


async def test_a_board_that_nobody_feeds_is_said_to_wait_and_comes_back():
    info = Info()
    async with House(MemoryLinks(p1=[info])) as house:
        reader = Reader(house, 1, QQQ).join()
        await house.links.live(info)
        await reader.until(lambda r: r.of("frame"))
        house.cut = True
        await reader.until(lambda r: r.of("feed"))
        before = len(reader.of("frame"))
        house.cut = False
        await reader.until(lambda r: len(r.of("frame")) > before)


async def test_a_session_that_ended_elsewhere_ends_its_sockets_only():
    info = Info()
    async with House(MemoryLinks(p1=[info])) as house:
        house.allowed = {"s", "t"}
        ending = Reader(house, 1, QQQ, session="t").join()
        staying = Reader(house, 1, QQQ).join()
        house.allowed = {"s"}
        gone = await asyncio.wait_for(ending.socket.gone, 20)
        assert gone.code == 4001
        assert not staying.socket.gone.done()


@pytest.mark.parametrize(
    ("ended", "those"),
    [({"session": "s"}, {"s"}), ({"token": "7"}, {"7"}), ({"session": "x"}, set()), ({}, {"s", "t", "7", "8"})],
)
async def test_the_end_of_an_access_ends_its_sockets_at_once_and_no_others(ended, those):
    async with House(MemoryLinks()) as house:
        sockets = {name: Socket(access) for name, access in BY.items()}
        for socket in sockets.values():
            house.hub.enter(socket)
        house.hub.access_ended(1, **ended)
        assert {name for name, socket in sockets.items() if socket.gone.done()} == those
        assert all(socket.gone.result().code == 4001 for name, socket in sockets.items() if name in those)


async def test_a_send_that_hangs_ends_the_socket():
    info = Info()
    limits = Limits(beacon_s=0.02, send_timeout_s=0.05)
    async with House(MemoryLinks(p1=[info]), limits) as house:
        reader = Reader(house, 1, QQQ)
        reader.gate.clear()
        reader.join()
        assert (await asyncio.wait_for(reader.socket.gone, 20)).code == 4008


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (Limits(symbols_per_socket=1), "too_many_symbols"),
        (Limits(symbols_per_person=2), "too_many_symbols"),
        (Limits(views_per_person=1), "too_many_views"),
    ],
)
async def test_limits_are_refused_by_name_and_change_nothing(limits, code):
    async with House(MemoryLinks(p1=[Info()]), limits) as house:
        reader = Reader(house, 1, QQQ).join()
        with pytest.raises(SubscriptionError) as caught:
            Reader(house, 1, Subscription(quotes=frozenset({"A", "B"}))).join()
        assert caught.value.code == code
        assert house.hub.sockets[1] == {reader.socket}


async def test_draining_tells_every_socket_to_come_back():
    async with House(MemoryLinks(p1=[Info()]), QUICK) as house:
        reader = Reader(house, 1, QQQ).join()
        draining = asyncio.ensure_future(house.hub.drain())
        assert (await asyncio.wait_for(reader.socket.gone, 20)).code == 1012
        house.hub.leave(reader.socket)
        await draining


async def test_many_sockets_are_closed_one_after_the_other_within_the_time_for_all():
    """No timer is as short as the time between two of them."""
    async with House(MemoryLinks()) as house:
        loop = asyncio.get_running_loop()
        closed: list[float] = []

        async def client(socket: Socket) -> None:
            assert (await socket.gone).code == 1012
            closed.append(loop.time())
            house.hub.leave(socket)

        sockets = [Socket(Access(1, "s")) for _ in range(4000)]
        for socket in sockets:
            house.hub.enter(socket)
        clients = [asyncio.ensure_future(client(socket)) for socket in sockets]
        began = loop.time()
        await house.hub.drain(0.5)
        await asyncio.gather(*clients)
        assert 0.4 < closed[-1] - began < 20, "a busy machine takes longer"
        assert max(later - one for one, later in itertools.pairwise(closed)) < 0.8 * (closed[-1] - began), (
            "not all of them at the end"
        )


async def test_who_never_says_hello_is_counted_and_closed():
    async with House(MemoryLinks(), Limits(beacon_s=0.02, hello_timeout_s=0.05, sockets_per_person=1)) as house:
        reader = Reader(house, 1, QQQ)
        house.hub.enter(reader.socket)
        assert house.hub.full(1)
        assert (await asyncio.wait_for(reader.socket.gone, 20)).code == 4400


async def test_who_did_not_say_hello_yet_is_signed_out_too():
    async with House(MemoryLinks(), QUICK) as house:
        reader = Reader(house, 1, QQQ, session="t")
        house.hub.enter(reader.socket)
        assert (await asyncio.wait_for(reader.socket.gone, 20)).code == 4001
