"""A WebSocket of this venue: its text frames as objects, and proof that it lives where the venue sends no heartbeat."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection

from brokers.adapter import websocket
from brokers.adapter.error_mapping import StreamDropped
from brokers.adapter.websocket import GARBAGE_MAX
from brokers.contract.broker import Guard
from brokers.tradier.decoding import Objects, Raw

Take = Callable[[Raw], None]


class TradierSocket:
    """One open WebSocket. `last_received_at` is when anything last came in, a pong too (s, monotonic)."""

    def __init__(self, connection: ClientConnection, guard: Guard) -> None:
        self.last_received_at = time.monotonic()
        self.bad = 0
        self._connection = connection
        self._guard = guard

    async def send(self, message: Any) -> None:
        """Send one message, if this process may. Raises NotOwner."""
        self._guard()
        await self._connection.send(orjson.dumps(message).decode())

    async def read(self, take: Take) -> None:
        """Hand every object to `take`, until the socket closes. Raises StreamDropped on nothing but garbage."""
        garbage = 0
        while True:
            frame = await self._connection.recv()
            self.last_received_at = time.monotonic()
            objects = Objects()
            found = objects.feed(frame.encode() if isinstance(frame, str) else frame)
            objects.finish()
            self.bad += objects.bad
            garbage = garbage + 1 if objects.bad and not found else 0
            if garbage > GARBAGE_MAX:
                raise StreamDropped(f"{garbage} unreadable messages in a row")
            for raw in found:
                take(raw)

    async def ping(self, every_s: float, answer_s: float) -> None:
        """Ping for ever. Raises StreamDropped when the venue does not answer."""
        while True:
            await asyncio.sleep(every_s)
            pong = await self._connection.ping()
            try:
                async with asyncio.timeout(answer_s):
                    await pong
            except TimeoutError as late:
                raise StreamDropped("the venue does not answer on the stream") from late
            self.last_received_at = time.monotonic()


@contextlib.asynccontextmanager
async def opened(url: str, guard: Guard) -> AsyncIterator[TradierSocket]:
    """Open a WebSocket to `url` and close it at the end. Raises NotOwner where this process must not."""
    async with websocket.opened(url, guard) as connection:
        yield TradierSocket(connection, guard)
