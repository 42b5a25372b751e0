"""A host holds a person for as long as somebody wants anything of theirs, and asks their feed for just that."""

import asyncio

from brokers.contract.events import Profile, Quote
from streaming.feeds import router
from streaming.limits import Limits
from streaming.wire.subscription import Subscription
from tests.support.corridor import House, Info, MemoryLinks, Reader, SlowToClose
from tests.support.eventually import aeventually

QQQ = Subscription(quotes=frozenset({"QQQ"}))
BOTH = Subscription(quotes=frozenset({"QQQ", "SPY"}))
MONEY = Subscription(topics=frozenset({"portfolio", "links"}))
DESK = Subscription(quotes=frozenset({"QQQ"}), topics=frozenset({"portfolio", "links"}))
OFTEN = Limits(pulse_ms=5, linger_s=0.0, beacon_s=0.02, deaf_s=0.1)


async def _until(holds) -> None:
    async with asyncio.timeout(20):
        while not holds():
            await asyncio.sleep(0)


async def test_who_has_a_page_open_is_held_also_without_a_link():
    """An alarm says that nobody is, where somebody has one."""
    async with House(MemoryLinks()) as house:
        await Reader(house, 1, QQQ).join().until(lambda r: r.of("frame"))
        assert [*house.hub.sockets] == [*house.host.people] == [1]


async def test_the_feed_is_asked_for_the_union_of_all_views():
    info = Info()
    async with House(MemoryLinks(p1=[info])) as house:
        Reader(house, 1, QQQ).join()
        spy = Reader(house, 1, Subscription(quotes=frozenset({"SPY"}))).join()
        broker = await house.links.live(info)
        assert broker.watch.demand.quotes == {"QQQ", "SPY"}
        house.hub.leave(spy.socket)
        assert broker.watch.demand.quotes == {"QQQ"}


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


async def test_the_last_one_to_leave_ends_the_manager_after_a_while():
    info = Info()
    async with House(MemoryLinks(p1=[info])) as house:
        reader = Reader(house, 1, QQQ).join()
        broker = await house.links.live(info)
        house.hub.leave(reader.socket)
        assert 1 in house.host.people
        async with asyncio.timeout(20):
            while house.links.recorded[-1:] != [(info.id, "idle")]:
                await asyncio.sleep(0)
        assert broker.closed
        assert 1 not in house.host.people


async def test_a_page_change_does_not_end_the_manager():
    info = Info()
    async with House(MemoryLinks(p1=[info]), Limits(linger_s=60, beacon_s=0.01)) as house:
        reader = Reader(house, 1, QQQ).join()
        broker = await house.links.live(info)
        house.hub.leave(reader.socket)
        again = Reader(house, 1, QQQ).join()
        await again.until(lambda r: r.of("frame"))
        assert broker.runs == 1
        assert not broker.closed


async def test_a_manager_that_nobody_wants_before_it_began_never_begins():
    """The person came back during a slow goodbye, and left again: no link may be held for nobody."""
    info = Info()
    async with House(MemoryLinks(p1=[info]), OFTEN) as house:
        slow = house.links.brokers[info.id] = SlowToClose(info)
        reader = Reader(house, 1, DESK).join()
        await house.links.live(info)
        house.hub.leave(reader.socket)
        await _until(lambda: 1 not in house.host.people)
        again = Reader(house, 1, DESK).join()
        house.hub.leave(again.socket)
        await _until(lambda: 1 not in house.host.people)
        slow.let_go.set()
        await _until(lambda: not house.host._leaving)
        assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("manager 1")]


async def test_who_comes_and_goes_twice_during_a_slow_goodbye_is_held_once():
    """Also the third manager waits for the first one's venue connections."""
    info = Info()
    async with House(MemoryLinks(p1=[info]), OFTEN) as house:
        slow = house.links.brokers[info.id] = SlowToClose(info)
        for _ in range(2):
            reader = Reader(house, 1, DESK).join()
            await _until(lambda: 1 in house.host.people and (slow.closing or slow.running.is_set()))
            house.hub.leave(reader.socket)
            await _until(lambda: 1 not in house.host.people)
        try:
            Reader(house, 1, DESK).join()
            for _ in range(20):
                await asyncio.sleep(0.001)  # room for what must not happen
            assert not house.host.people[1].manager.runners, "its links are held twice"
        finally:
            slow.let_go.set()
        await _until(lambda: house.links.brokers[info.id] is not slow and house.links.brokers[info.id].running.is_set())
