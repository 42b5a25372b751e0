"""How a stream ends: by whoever leaves, by the end of an access, by a limit, or with the desk."""

import asyncio
import gc
import itertools

import pytest

from accounts.auth.access import Access
from streaming.limits import Limits
from streaming.sockets.socket import Socket
from streaming.wire.subscription import Subscription, SubscriptionError
from tests.support.corridor import QUICK, House, Info, MemoryLinks, Reader
from tests.support.eventually import aeventually

QQQ = Subscription(quotes=frozenset({"QQQ"}))


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


def sockets_of(person: int) -> list[Socket]:
    """Return what is still held, by anybody."""
    gc.collect()
    return [one for one in gc.get_objects() if type(one) is Socket and one.person == person]


async def visit_in_silence(house: House, person: int) -> None:
    """Stay until the hub notices that nobody feeds `person`."""
    socket = Socket(Access(person, "s"))
    house.hub.join(socket, QQQ)
    await aeventually(lambda: socket.waiting)
    house.hub.leave(socket)


async def test_nothing_holds_a_socket_that_left_while_its_feed_was_silent():
    async with House(MemoryLinks()) as house:
        house.cut = True
        await visit_in_silence(house, 77)
        await aeventually(lambda: not sockets_of(77))


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


BY = {
    "s": Access(1, "s"),
    "t": Access(1, "t"),
    "7": Access(1, token="7"),
    "8": Access(1, token="8"),
    "2": Access(2, "s"),
}


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
        assert 0.4 < closed[-1] - began < 2
        assert max(later - one for one, later in itertools.pairwise(closed)) < 0.4, "not all of them at the end"
