"""From a broker's event to a socket: frames, catch-up, conflation, lifetime, and who may see what."""

import asyncio
import itertools
from decimal import Decimal

import msgspec

from brokers.contract.events import Balance, Profile, Quote
from streaming.bus.messages import CatchUpReply
from streaming.feeds import router
from streaming.limits import Limits
from streaming.wire.subscription import Subscription
from tests.support.corridor import QUICK, House, Info, MemoryLinks, Reader
from tests.support.eventually import aeventually

QQQ = Subscription(quotes=frozenset({"QQQ"}))
BOTH = Subscription(quotes=frozenset({"QQQ", "SPY"}))
MONEY = Subscription(topics=frozenset({"portfolio", "links"}))


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


async def test_a_board_on_which_nothing_happened_can_be_resumed_too():
    """Else a poll of somebody without links is answered at once, again and again."""
    async with House(MemoryLinks()) as house:
        first = Reader(house, 1, QQQ).join()
        await first.until(lambda r: r.of("frame"))
        frame = first.of("frame")[-1]
        again = Reader(house, 1, QQQ).join((frame["epoch"], frame["seq"], 0))
        await again.until(lambda r: r.of("frame"))
        assert again.messages[0]["recovered"] is True
        assert "snapshot" not in again.messages[1]


async def test_who_has_a_page_open_is_held_also_without_a_link():
    """An alarm says that nobody is, where somebody has one."""
    async with House(MemoryLinks()) as house:
        await Reader(house, 1, QQQ).join().until(lambda r: r.of("frame"))
        assert [*house.hub.sockets] == [*house.host.people] == [1]


async def test_a_cursor_of_another_epoch_gets_a_snapshot_that_says_so():
    info = Info()
    async with House(MemoryLinks(p1=[info])) as house:
        reader = Reader(house, 1, QQQ).join(("1-dead", 7, 0))
        await reader.until(lambda r: r.of("frame"))
        assert [message["recovered"] for message in reader.of("welcome")] == [False]
        assert reader.of("frame")[0]["snapshot"] is True


async def test_the_rows_of_one_venue_message_leave_in_one_frame():
    info = Info()
    async with House(MemoryLinks(p1=[info])) as house:
        reader = Reader(house, 1, BOTH).join()
        broker = await house.links.live(info)
        await reader.until(lambda r: r.of("frame"))
        before = len(reader.of("frame"))
        broker.say(Quote(symbol="QQQ", bid=1.0), Quote(symbol="SPY", bid=2.0))
        await reader.until(lambda r: len(r.slots) == 2)
        assert len(reader.of("frame")) == before + 1


async def test_a_socket_that_does_not_read_gets_the_newest_values_in_one_frame():
    info = Info()
    async with House(MemoryLinks(p1=[info])) as house:
        slow, quick = Reader(house, 1, QQQ).join(), Reader(house, 1, QQQ).join()
        broker = await house.links.live(info)
        await slow.until(lambda r: r.of("frame"))
        slow.gate.clear()
        for cents in range(1, 21):
            broker.say(Quote(symbol="QQQ", bid=float(cents)))
            await quick.until(lambda r, bid=cents: r.slots and r.slots["quote", "QQQ"]["bid"] == bid)
        missed, already = len(quick.of("frame")), len(slow.of("frame"))
        slow.gate.set()
        await slow.until(lambda r: r.slots and r.slots["quote", "QQQ"]["bid"] == 20)
        assert missed >= 20
        assert len(slow.of("frame")) - already <= 2
        frames = slow.of("frame")
        assert all(b["prev"] <= a["seq"] < b["seq"] for a, b in itertools.pairwise(frames))


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


async def test_a_watch_that_grows_brings_the_new_symbols_whole():
    info = Info()
    async with House(MemoryLinks(p1=[info])) as house:
        keeper, reader = Reader(house, 1, BOTH).join(), Reader(house, 1, QQQ).join()
        broker = await house.links.live(info)
        broker.say(Quote(symbol="SPY", bid=1.0, ask=2.0), Quote(symbol="QQQ", bid=3.0))
        await keeper.until(lambda r: len(r.slots) == 2)
        await reader.until(lambda r: r.slots)
        broker.say(Quote(symbol="SPY", bid=1.5))
        await keeper.until(lambda r: r.slots["quote", "SPY"]["bid"] == 1.5)
        house.hub.show(reader.socket, BOTH)
        await reader.until(lambda r: ("quote", "SPY") in r.slots)
        assert reader.slots["quote", "SPY"]["ask"] == 2.0


async def test_a_changed_watch_on_a_quiet_board_still_continues_the_cursor():
    """By the receiver's rule a frame that ends where one stands is dropped; the new symbols' would be."""
    info = Info()
    async with House(MemoryLinks(p1=[info])) as house:
        keeper, reader = Reader(house, 1, BOTH).join(), Reader(house, 1, QQQ).join()
        (await house.links.live(info)).say(Quote(symbol="SPY", bid=1.0), Quote(symbol="QQQ", bid=3.0))
        await keeper.until(lambda r: len(r.slots) == 2)
        await reader.until(lambda r: r.slots)
        stood = reader.of("frame")[-1]["seq"]
        house.hub.show(reader.socket, BOTH)
        await reader.until(lambda r: ("quote", "SPY") in r.slots)
        frame = reader.of("frame")[-1]
        assert frame["prev"] <= stood < frame["seq"]


async def test_the_feed_is_asked_for_the_union_of_all_views():
    info = Info()
    async with House(MemoryLinks(p1=[info])) as house:
        Reader(house, 1, QQQ).join()
        spy = Reader(house, 1, Subscription(quotes=frozenset({"SPY"}))).join()
        broker = await house.links.live(info)
        assert broker.watch.wanted.quotes == {"QQQ", "SPY"}
        house.hub.leave(spy.socket)
        assert broker.watch.wanted.quotes == {"QQQ"}


async def test_a_symbol_nobody_watches_leaves_the_board(monkeypatch):
    """Its last price would look live beside a feed that is alive."""
    monkeypatch.setattr(router, "GRACE_S", 0.05)
    info = Info()
    async with House(MemoryLinks(p1=[info])) as house:
        Reader(house, 1, QQQ).join()
        spy = Reader(house, 1, Subscription(quotes=frozenset({"SPY"}))).join()
        broker = await house.links.live(info)
        broker.say(Quote(symbol="SPY", bid=1.0))
        await spy.until(lambda r: r.slots)
        house.hub.leave(spy.socket)
        await aeventually(lambda: not list(house.host.people[1].board.slots("quote")))


async def test_what_is_wanted_again_within_a_moment_is_not_lost(monkeypatch):
    """The adapter saw nothing of it, and would not tell again what it told before."""
    monkeypatch.setattr(router, "GRACE_S", 0.05)
    info = Info()
    async with House(MemoryLinks(p1=[info])) as house:
        reader = Reader(house, 1, BOTH).join()
        broker = await house.links.live(info)
        broker.say(Profile(symbol="QQQ", status="halted"), Quote(symbol="QQQ", bid=1.0), Quote(symbol="SPY", bid=1.0))
        await reader.until(lambda r: len(r.slots) == 3)
        reader.slots.clear()
        house.hub.show(reader.socket, MONEY)
        house.hub.show(reader.socket, QQQ)
        board = house.host.people[1].board
        await aeventually(lambda: ("quote", "SPY") not in board.slots("quote"))
        assert {*board.slots("quote"), *board.slots("profile")} == {("quote", "QQQ"), ("profile", "QQQ")}
        await reader.until(lambda r: r.slots.get(("profile", "QQQ"), {}).get("status") == "halted")


async def test_equal_views_are_encoded_once():
    info = Info()
    async with House(MemoryLinks(p1=[info])) as house:
        readers = [Reader(house, 1, QQQ).join() for _ in range(5)]
        broker = await house.links.live(info)
        assert len(house.host.people[1].showings) == 1
        broker.say(Quote(symbol="QQQ", bid=1.0))
        for reader in readers:
            await reader.until(lambda r: r.slots)
        assert len({str(reader.slots) for reader in readers}) == 1


async def test_a_pace_holds_frames_back_and_loses_nothing():
    info = Info()
    async with House(MemoryLinks(p1=[info])) as house:
        live = Reader(house, 1, QQQ).join()
        calm = Reader(house, 1, Subscription(quotes=frozenset({"QQQ"}), pace_ms=100)).join()
        broker = await house.links.live(info)
        await calm.until(lambda r: r.of("frame"))
        before = len(calm.of("frame"))
        for cents in range(1, 11):
            broker.say(Quote(symbol="QQQ", bid=float(cents)))
            await live.until(lambda r, bid=cents: r.slots and r.slots["quote", "QQQ"]["bid"] == bid)
        await calm.until(lambda r: r.slots and r.slots["quote", "QQQ"]["bid"] == 10)
        assert len(calm.of("frame")) - before <= 3


async def test_a_paused_view_gets_nothing_and_catches_up_when_it_goes_on():
    info = Info()
    async with House(MemoryLinks(p1=[info])) as house:
        reader, live = Reader(house, 1, QQQ).join(), Reader(house, 1, QQQ).join()
        broker = await house.links.live(info)
        await reader.until(lambda r: r.of("frame"))
        house.hub.show(reader.socket, Subscription(quotes=frozenset({"QQQ"}), pace_ms=None))
        await reader.until(lambda r: len(r.of("frame")) == 2)
        broker.say(Quote(symbol="QQQ", bid=1.0))
        await live.until(lambda r: r.slots)
        assert reader.slots == {}
        house.hub.show(reader.socket, QQQ)
        await reader.until(lambda r: r.slots)


async def test_nothing_of_one_person_reaches_another():
    alice, bob = Info(label="alice-canary"), Info(label="bob-canary")
    async with House(MemoryLinks(p1=[alice], p2=[bob])) as house:
        hers, his = Reader(house, 1, MONEY).join(), Reader(house, 2, MONEY).join()
        alices, bobs = await house.links.live(alice), await house.links.live(bob)
        alices.say(Balance(link=str(alice.id), account="5WXALICE", balance=Decimal("11111.11")))
        bobs.say(Balance(link=str(bob.id), account="5WXBOB", balance=Decimal("22222.22")))
        await hers.until(lambda r: ("balance", "5WXALICE") in r.slots)
        await his.until(lambda r: ("balance", "5WXBOB") in r.slots)
        assert "alice" not in str(his.messages).lower()
        assert "11111.11" not in str(his.messages)
        assert str(alice.id) not in str(his.messages)


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


async def test_a_pulse_holds_back_nobody_but_its_own_person():
    """A lone tick leaves at once, whatever other people's boards have just done."""
    alice, bob = Info(), Info()
    async with House(MemoryLinks(p1=[alice], p2=[bob]), Limits(pulse_ms=60_000, beacon_s=60)) as house:
        hers, his = Reader(house, 1, QQQ).join(), Reader(house, 2, QQQ).join()
        alices, bobs = await house.links.live(alice), await house.links.live(bob)
        await hers.until(lambda r: r.of("frame"))
        await his.until(lambda r: r.of("frame"))
        for managed in house.host.people.values():
            while managed.pulse is not None:  # let go what is held back, until the board rests
                managed.pulse.cancel()
                house.host.pulse._flush(managed)
        alices.say(Quote(symbol="QQQ", bid=1.0))
        await hers.until(lambda r: r.slots)
        bobs.say(Quote(symbol="QQQ", bid=2.0))
        await his.until(lambda r: r.slots)
