"""From a broker's event to a socket: frames, catch-up, conflation, lifetime, and who may see what."""

import itertools
from decimal import Decimal

from brokers.contract.events import Balance, Quote
from streaming.wire.subscription import Subscription
from tests.support.corridor import House, Info, MemoryLinks, Reader

QQQ = Subscription(quotes=frozenset({"QQQ"}))
BOTH = Subscription(quotes=frozenset({"QQQ", "SPY"}))
MONEY = Subscription(topics=frozenset({"portfolio", "links"}))


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


async def test_a_cursor_of_another_epoch_gets_a_snapshot_that_says_so():
    info = Info()
    async with House(MemoryLinks(p1=[info])) as house:
        reader = Reader(house, 1, QQQ).join(("1-dead", 7, 0))
        await reader.until(lambda r: r.of("frame"))
        assert [message["recovered"] for message in reader.of("welcome")] == [False]
        assert reader.of("frame")[0]["snapshot"] is True


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
