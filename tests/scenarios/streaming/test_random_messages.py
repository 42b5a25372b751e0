"""Whatever messages a client sends, it is answered or closed with a 4xxx code, and nobody else notices."""

import asyncio
import collections
import contextlib
import itertools
import json
import logging
import os

import pytest

from accounts.auth.access import Access
from brokers.contract.events import Quote
from streaming import consumers
from streaming.consumers import FramesDialect, PlainDialect
from streaming.limits import Limits
from streaming.sockets.credit import Credit
from streaming.sockets.socket import Socket
from streaming.wire import frames as wire
from streaming.wire.subscription import Subscription
from tests.support.corridor import House, Info, MemoryLinks, Reader
from tests.support.random_messages import FRAMES, PLAIN, Babble

MESSAGES = int(os.environ.get("STORM_MESSAGES", "200_000" if "SOAK" in os.environ else "60_000"))
"""How many are read in this process; half in each dialect."""
DIALECTS: tuple[type[FramesDialect] | type[PlainDialect], ...] = (FramesDialect, PlainDialect)
BREATH = 40
"""Messages between two turns of the event loop."""
BOUNDLESS = Limits(
    pulse_ms=5, message_rate=1e9, message_burst=10**9, strikes=10**9, send_timeout_s=1e9, ack_timeout_s=1e9
)
"""Neither abuse nor slowness is cut short here: every message is read, however busy this machine is."""
SAID = {"error", "pong", "welcome", "frame", "heartbeat", "subscribed", "unsubscribed", "link_status"}


class Talker:
    """A client in this process, whose messages go the way of every socket's."""

    def __init__(self, house: House, person: int, dialect: type[FramesDialect] | type[PlainDialect], seed: int) -> None:
        limits = house.hub.limits
        credit = Credit(limits.window, limits.window_bytes) if dialect is FramesDialect else None
        self.house = house
        self.socket = Socket(Access(person, "s", "hash"), credit)
        self.dialect = dialect(house.hub, self.socket)
        self.babble = Babble(seed, FRAMES if dialect is FramesDialect else PLAIN)
        self.left = 0
        self.last: list[str] = []
        self.said: collections.Counter[str] = collections.Counter()
        self.errors: collections.Counter[str] = collections.Counter()

    async def talk(self, messages: int) -> None:
        """Send so many messages, then two that must still be understood."""
        self.left = messages
        hello = '{"type":"hello"}' if isinstance(self.dialect, FramesDialect) else '{"type":"ping"}'
        self.last = [hello, '{"type":"ping","ref":"the end"}']
        self.house.hub.enter(self.socket)
        self.dialect.start()
        writing = asyncio.create_task(self._write())
        await consumers.read(self.socket, self.dialect, self._receive)
        async with asyncio.timeout(20):
            while self.socket.control:
                await asyncio.sleep(0)
        writing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await writing
        self.house.hub.leave(self.socket)

    async def _receive(self):
        if self.left % BREATH == 0 or self.left < 0:
            await asyncio.sleep(0)
        if self.left > 0:
            self.left -= 1
            message = self.babble.message()
        elif self.last:
            message = self.last.pop(0)
        else:
            return {"type": "websocket.disconnect"}
        return {"type": "websocket.receive", "text" if isinstance(message, str) else "bytes": message}

    async def _write(self) -> None:
        async for said in self.socket.texts(self.house.hub.catch_up):
            kind = wire.kind(said)
            self.said[kind] += 1
            if kind == "error":
                self.errors[json.loads(said)["code"]] += 1
            elif kind == "frame" and self.said[kind] % 3:
                self.socket.acknowledge(json.loads(said)["seq"])


async def tick(broker) -> None:
    """Move the market until cancelled."""
    price = 0
    while True:
        price += 1
        broker.say(Quote(symbol="QQQ", bid=float(price)), Quote(symbol="SPY", bid=float(price)))
        await asyncio.sleep(0.01)  # a market moves a hundred times a second


@pytest.mark.long
async def test_random_messages_are_answered_and_nothing_breaks(caplog):
    caplog.set_level(logging.WARNING)
    hers, his = Info(), Info()
    async with House(MemoryLinks(p1=[hers], p2=[his]), BOUNDLESS) as house:
        witness = Reader(house, 2, Subscription(quotes=frozenset({"QQQ"}))).join()
        talkers = [Talker(house, 1, dialect, seed) for seed, dialect in enumerate(DIALECTS)]
        market = asyncio.create_task(tick(await house.links.live(his)))
        await asyncio.gather(*(talker.talk(MESSAGES // 2) for talker in talkers))
        market.cancel()
        frames = witness.of("frame")
        assert all(after["prev"] <= frame["seq"] < after["seq"] for frame, after in itertools.pairwise(frames))
        assert frames[-1]["state"][0]["bid"] > 100
    for talker in talkers:
        assert not talker.socket.gone.done()
        assert set(talker.said) <= SAID
        assert set(talker.errors) <= set(wire.ERROR_CODES)
        assert talker.said["error"] > MESSAGES // 8
        assert talker.said["pong"] > 100
    assert {"frame", "welcome"} <= talkers[0].said.keys()
    assert {"subscribed", "unsubscribed"} <= talkers[1].said.keys()
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
