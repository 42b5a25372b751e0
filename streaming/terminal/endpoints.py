"""Opens the sockets of a running server side by side, each in the plain dialect, as a script would."""

import asyncio
import collections
import contextlib
import typing
from collections.abc import Callable, Collection, Iterator

import websockets

from streaming.terminal.client import Message, decode, session_header, socket_address
from streaming.wire import frames
from streaming.wire.subscription import PRESETS, SubscriptionRequest

STREAMING = "/ws/streaming"
PATHS = (STREAMING, *(f"/ws/{name}" for name in PRESETS))
"""Every endpoint that a person opens as a WebSocket."""
SPENT = ("subscribed",)
"""Answers to what this client asked itself."""


class EndpointReader:
    """What endpoints said until now, counted by path and type; `show` writes each message.

    `watch` is asked for at each, beside what it begins with.
    """

    def __init__(
        self, url: str, session_key: str, watch: SubscriptionRequest, show: Callable[[str, Message], None]
    ) -> None:
        self.counts: dict[str, collections.Counter[str]] = {}
        self._url = url
        self._headers = session_header(session_key)
        self._watch = watch
        self._show = show

    async def read(self, paths: Collection[str]) -> None:
        """Read until the server has closed all of them, or cancelled. Raises OSError or websockets' errors."""
        self.counts = {path: collections.Counter() for path in paths}
        readers = [asyncio.ensure_future(self._read(path)) for path in paths]
        try:
            await asyncio.gather(*readers)
        finally:
            for reader in readers:
                reader.cancel()
            await asyncio.gather(*readers, return_exceptions=True)

    async def _read(self, path: str) -> None:
        async with websockets.connect(socket_address(self._url, path), additional_headers=self._headers) as socket:
            if self._watch != SubscriptionRequest():
                with contextlib.suppress(websockets.ConnectionClosed):  # what was told before is still to be read
                    await socket.send(frames.dumps({"type": "subscribe", "watch": self._watch}))
            try:
                async for text in socket:
                    self._take(path, decode(text))
            except websockets.ConnectionClosedError:
                self._take(path, {"type": "closed", "code": socket.close_code, "reason": socket.close_reason})

    def _take(self, path: str, message: Message) -> None:
        if message["type"] not in SPENT:
            self.counts[path][message["type"]] += 1
            self._show(path, message)

    def summary(self) -> Iterator[str]:
        """Yield a line an endpoint: how many messages of each type came."""
        width = max(map(len, self.counts), default=0)
        for path, counted in self.counts.items():
            told = ", ".join(f"{name} {count}" for name, count in sorted(counted.items()))
            yield f"{path.ljust(width)}  {told or 'nothing came'}"


def line_of(path: str, message: Message) -> str:
    """Return one message as a line: its endpoint, its type, and the rest as JSON."""
    rest: dict[str, typing.Any] = {name: value for name, value in message.items() if name != "type"}
    return f"{path}  {message['type']}  {frames.dumps(rest)}"
