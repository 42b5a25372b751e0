"""Writes a streamed answer: one part at a time, a sign of life while nothing comes, and a client that stalls is cut."""

import asyncio
import typing

from streaming.transports import sse
from streaming.transports.responses import Message, Scope, Send, start_response
from streaming.wire import frames

WRITE_S = 10.0
"""How long a client may take nothing."""
KEEP_S = 15.0
"""After how long without a part a comment is sent."""


class ChatStream:
    """A stream of events to one client."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._line = scope["line"]
        self._send = send
        self._lock = asyncio.Lock()
        self._last = asyncio.get_running_loop().time()

    async def begin(self) -> None:
        """Send the head of the answer."""
        await start_response(self._send, 200, sse.HEAD)

    async def write(self, data: typing.Any) -> None:
        """Send one part; a text as it is, else as JSON. Raises OSError where the client is gone."""
        text = data if isinstance(data, str) else frames.dumps(data)
        await self._write(f"data: {text}\n\n")

    async def end(self) -> None:
        """End the stream. Raises OSError where the client is gone."""
        await self._pass({"type": "http.response.body", "body": b""})

    async def stay_alive(self) -> None:
        """Send a comment whenever nothing came for a while, until cancelled or the client is gone."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(max(0.0, self._last + KEEP_S - loop.time()))
            if loop.time() >= self._last + KEEP_S:
                await self._write(": keep\n\n")

    async def _write(self, text: str) -> None:
        await self._pass(sse.body(text))

    async def _pass(self, message: Message) -> None:
        async with self._lock:
            try:
                async with asyncio.timeout(WRITE_S):
                    await self._send(message)
            except TimeoutError as error:
                self._line.cut()
                raise ConnectionResetError("the client takes nothing") from error
            self._last = asyncio.get_running_loop().time()
