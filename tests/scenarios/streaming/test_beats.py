"""A page hears from its owner every 2 s, and from a web process alone never."""

import asyncio

import msgspec

from brokers.contract.events import Quote
from streaming.sockets.socket import TOLD_S, Socket
from streaming.wire.subscription import Subscription
from tests.support.corridor import House, Info, MemoryLinks, Reader
from tests.support.eventually import aeventually

QQQ = Subscription(quotes=frozenset({"QQQ"}))


async def test_a_quiet_socket_hears_that_its_owner_lives():
    info = Info()
    async with House(MemoryLinks(p1=[info])) as house:
        reader = Reader(house, 1, QQQ).join()
        await house.links.live(info)
        await reader.until(lambda r: len(r.of("beat")) == 3)
        assert all(beat.keys() == {"type", "at"} for beat in reader.of("beat"))


async def test_a_process_that_hears_nothing_of_an_owner_makes_up_no_beat():
    info = Info()
    async with House(MemoryLinks(p1=[info])) as house:
        reader = Reader(house, 1, QQQ).join()
        await house.links.live(info)
        await reader.until(lambda r: r.of("beat"))
        house.cut = True
        before = len(reader.of("beat"))
        await reader.until(lambda r: r.of("feed"))
        assert len(reader.of("beat")) == before


async def test_the_plain_dialect_and_polls_that_do_not_ask_hear_none():
    info = Info()
    async with House(MemoryLinks(p1=[info])) as house:
        plain = Reader(house, 1, msgspec.structs.replace(QQQ, dialect="plain")).join()
        frames = Reader(house, 1, QQQ).join()
        await house.links.live(info)
        await frames.until(lambda r: r.of("beat"))
        assert not plain.of("beat")
        assert not Socket(frames.socket.access, polled=True).beats


async def test_who_was_just_told_something_or_takes_nothing_hears_none():
    info = Info()
    async with House(MemoryLinks(p1=[info])) as house:
        reader = Reader(house, 1, QQQ).join()
        (await house.links.live(info)).say(Quote(symbol="QQQ", bid=1.0))
        await reader.until(lambda r: r.slots)
        socket, now = reader.socket, asyncio.get_running_loop().time()
        assert socket.sent_at is not None
        socket.beat("beat", socket.sent_at + TOLD_S)
        assert socket.control == []
        reader.gate.clear()
        house.hub.enter(socket)
        socket.send_text('{"type":"pong","timestamp":1}')
        await aeventually(lambda: socket.sending_since is not None)
        for turn in range(100):
            socket.beat("beat", now + 60 + turn)
        assert socket.control == []
        reader.gate.set()
