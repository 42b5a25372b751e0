"""A pulse sends each view its news once, at its pace, and trouble with one person is theirs alone."""

from brokers.contract.events import Quote
from streaming.limits import Limits
from streaming.wire.subscription import Subscription
from tests.support.corridor import House, Info, MemoryLinks, Reader
from tests.support.eventually import aeventually

QQQ = Subscription(quotes=frozenset({"QQQ"}))
BOTH = Subscription(quotes=frozenset({"QQQ", "SPY"}))
SPY = Subscription(quotes=frozenset({"SPY"}))


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


async def test_one_persons_unspeakable_news_hold_up_nobody_else():
    """A venue's impossible time cannot be written as ISO 8601; the next person's frame leaves all the same."""
    alice, bob = Info(), Info()
    plain = Subscription(quotes=frozenset({"QQQ"}), dialect="plain")
    async with House(MemoryLinks(p1=[alice], p2=[bob])) as house:
        hers, his = Reader(house, 1, plain).join(), Reader(house, 2, QQQ).join()
        alices, bobs = await house.links.live(alice), await house.links.live(bob)
        await his.until(lambda r: r.of("frame"))
        await aeventually(lambda: hers.socket.joined)
        alices.say(Quote(symbol="QQQ", bid=1.0, at=10**18))
        bobs.say(Quote(symbol="QQQ", bid=2.0))
        await his.until(lambda r: r.slots)
        alices.say(Quote(symbol="QQQ", bid=3.0, at=1))
        await hers.until(lambda r: any(m["bid"] == 3.0 for m in r.of("quote_update")))
