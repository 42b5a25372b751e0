"""A venue's WebSocket as the SDK's streamers use it: `send_json` and `receive_json`, over `websockets` and orjson.

The SDK's own socket costs several times as much per message and refuses frames over 64 KiB.
"""

import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any

import orjson

from brokers.adapter import websocket
from brokers.adapter.http import parse
from brokers.adapter.websocket import GARBAGE_MAX
from brokers.contract.broker import Guard
from brokers.tastytrade.direct import FRAME_MAX, DirectConnection
from brokers.tastytrade.errors import StreamDropped


class Wire:
    """One open WebSocket. `heard` is when anything last came in, on the monotonic clock, in seconds."""

    def __init__(self, socket: DirectConnection, guard: Guard) -> None:
        self._socket = socket
        self._guard = guard
        self._garbage = 0
        self._is_reading = False
        self._failure: Exception | None = None
        self.heard = time.monotonic()
        self.bad = 0

    async def send_json(self, message: Any) -> None:
        """Send one message, if this process may. Raises NotOurs."""
        self._guard()
        await self._socket.send(orjson.dumps(message), text=True)

    async def receive_json(self) -> dict[str, Any]:
        """Wait for the next message for the reader. Raises StreamDropped when nothing but garbage comes any more."""
        while True:
            if self._is_reading:  # the last one has been dealt with by now
                self._socket.queued -= 1
                self._is_reading = False
            raw = await self._socket.recv(decode=False)
            self._is_reading = True
            if self._failure is not None:
                raise self._failure
            message = self.read(raw)
            if message is not None:
                return message

    def read(self, raw: bytes) -> dict[str, Any] | None:
        """Return what a text says, if that is for the reader. Raises StreamDropped."""
        self.heard = time.monotonic()
        try:
            message = parse(raw)
            is_for_reader = self.screen(message)
        except (KeyError, TypeError, ValueError):
            self._note_garbage()
            return None
        self._garbage = 0
        return message if is_for_reader else None

    def fail(self, error: Exception) -> None:
        """Let the reader raise `error` with the next message."""
        self._failure = error

    def screen(self, message: Any) -> bool:
        """Whether the reader should see `message`. Raises KeyError, TypeError or ValueError when it makes no sense."""
        if not isinstance(message, dict):
            raise ValueError("no object")
        return True

    def _note_garbage(self) -> None:
        """Count a message that makes no sense; too many in a row end the stream."""
        self.bad += 1
        self._garbage += 1
        if self._garbage > GARBAGE_MAX:
            raise StreamDropped(f"{self._garbage} unreadable messages in a row")


@contextlib.asynccontextmanager
async def opened(url: str, guard: Guard, *, ping_s: float | None) -> AsyncIterator[DirectConnection]:
    """Open a WebSocket to `url` and close it at the end. `ping_s` is the interval of WebSocket pings, if any.

    Raises NotOurs where this process must not.
    """
    async with websocket.opened(url, guard, kind=DirectConnection, ping_s=ping_s, frame_max=FRAME_MAX) as socket:
        assert isinstance(socket, DirectConnection)  # noqa: S101 (it was made of that)
        try:
            yield socket
        finally:
            socket.take = None
