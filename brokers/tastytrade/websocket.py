"""A venue's WebSocket as the SDK's streamers use it: `send_json` and `receive_json`, over `websockets` and orjson.

The SDK's own socket costs several times as much per message and refuses frames over 64 KiB.
"""

import contextlib
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection
from websockets.frames import Frame, Opcode
from websockets.protocol import Event, State

from brokers.adapter import websocket
from brokers.adapter.http import parse
from brokers.adapter.websocket import GARBAGE_MAX
from brokers.contract.broker import Guard
from brokers.tastytrade.errors import StreamDropped

FRAME_MAX = 16 * 2**20
"""Bytes. A whole option chain's snapshot comes in one frame."""

_TEXT = 0x81
"""The first byte of a whole text."""
_SHORT, _LONG = 126, 127
"""What stands for a length of two bytes, and of eight; more than that means a mask, which no server may use."""
_HEAD_ENDS = b"\r\n\r\n"


class DirectConnection(ClientConnection):
    """A connection that shows each whole text to `take` as it comes in; one that is taken goes no further.

    After the handshake it cuts the stream into frames by itself. Every frame that is not taken (controls, fragments,
    what breaks the protocol) goes on to `websockets` whole, which so stands between two frames at every cut.
    """

    take: Callable[[bytes], bool] | None = None
    """Must not raise. It is not asked while `queued` messages wait for `recv`: they came first."""
    queued = 0
    _cuts = False
    _rest = b""

    def data_received(self, data: bytes) -> None:
        """Take in what was read."""
        if self._cuts:
            self._cut(self._rest + data if self._rest else data)
            return
        is_opening = self.response is None
        super().data_received(data)
        # A server that speaks first may have sent frames, or a part of one, behind the handshake: none of ours does.
        is_bare = data.endswith(_HEAD_ENDS) and data.count(_HEAD_ENDS) == 1
        self._cuts = is_opening and is_bare and self.protocol.state is State.OPEN

    def eof_received(self) -> None:
        """Let `websockets` see what was left over: the stream ends in the middle of it."""
        rest, self._rest = self._rest, b""
        if rest:
            super().data_received(rest)
        super().eof_received()

    def process_event(self, event: Event) -> None:
        """Count what goes the long way."""
        if isinstance(event, Frame) and event.opcode in (Opcode.TEXT, Opcode.BINARY):
            self.queued += 1
        super().process_event(event)

    def _cut(self, data: bytes) -> None:
        """Deal with every whole frame of `data`."""
        at, end = 0, len(data)
        while end - at >= 2:
            begin, length = at + 2, data[at + 1]
            if length >= _SHORT:
                begin += 2 if length == _SHORT else 8
                if length > _LONG:
                    return self._give_up(data[at:])
                if end < begin:
                    break
                length = int.from_bytes(data[at + 2 : begin], "big")
                if length > FRAME_MAX:
                    return self._give_up(data[at:])
            if end < begin + length:
                break
            end_of_frame = begin + length
            if not (data[at] == _TEXT and self._taken(data[begin:end_of_frame])):
                super().data_received(data[at:end_of_frame])
                if self.protocol.state is not State.OPEN:
                    return self._give_up(data[end_of_frame:])
            at = end_of_frame
        self._rest = data[at:]
        return None

    def _taken(self, text: bytes) -> bool:
        return self.take is not None and not self.queued and self.take(text)

    def _give_up(self, data: bytes) -> None:
        """Leave the rest of the stream to `websockets`: it is closing, or something is wrong with it."""
        self._cuts, self._rest = False, b""
        if data:
            super().data_received(data)


class TastytradeWire:
    """One open WebSocket. `last_received_at` is when anything last came in, on the monotonic clock, in seconds."""

    def __init__(self, socket: DirectConnection, guard: Guard) -> None:
        self._socket = socket
        self._guard = guard
        self._garbage = 0
        self._is_reading = False
        self._failure: Exception | None = None
        self.last_received_at = time.monotonic()
        self.bad = 0

    async def send_json(self, message: Any) -> None:
        """Send one message, if this process may. Raises NotOwner."""
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
        self.last_received_at = time.monotonic()
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

    Raises NotOwner where this process must not.
    """
    async with websocket.opened(url, guard, kind=DirectConnection, ping_s=ping_s, frame_max=FRAME_MAX) as socket:
        assert isinstance(socket, DirectConnection)  # noqa: S101 (it was made of that)
        try:
            yield socket
        finally:
            socket.take = None
