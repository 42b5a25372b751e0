"""Alpaca's news socket: signed in and subscribed, it yields the rows of news as they come.

Source: docs.alpaca.markets (streaming market data; news-data, realtime): every message is a list; control messages are
`success`, `subscription` and `error` with a code.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import orjson
import websockets.exceptions
from websockets.asyncio.client import ClientConnection

from brokers.adapter.http import parse
from brokers.adapter.websocket import GARBAGE_MAX, opened
from brokers.contract.broker import unguarded
from brokers.contract.errors import LinkLost
from news.sources.contract import KeyRejected, Report, SourceLost, SourceUnusable

Row = dict[str, Any]
_KEY_CODES = {402: "Alpaca refuses the key", 403: "Alpaca refuses the key", 409: "the key's plan has no news"}
_BUSY_S = 60.0
_TAKEN = "Alpaca allows one news socket for a key, and another program has it (error 406)"
_TOO_SLOW = "Alpaca found this desk too slow to take its news (error 407)"


class SocketTaken(SourceLost):
    """The one socket of a key is somebody else's, or still that of a process of this desk that is gone."""


class AlpacaTimeouts(msgspec.Struct, frozen=True):
    """Seconds. Tests shorten them."""

    answer_s: float = 10.0
    """How long the socket may take to answer: a sign-in, a subscription, a ping."""
    ping_s: float = 20.0
    audit_s: float = 300.0
    """How often it is asked over REST whether the socket delivers what there is."""
    grace_s: float = 30.0
    """How much later than REST knows of an item the socket may deliver it."""


class AlpacaSocket:
    """A socket that is signed in. Made by `open_socket`."""

    def __init__(self, connection: ClientConnection, report: Report, limits: AlpacaTimeouts) -> None:
        self._connection = connection
        self._report = report
        self._limits = limits
        self._garbage = 0

    async def sign_in(self, key_id: str, secret_key: str) -> None:
        """Authenticate and subscribe to all news. Raises KeyRejected, SourceLost."""
        try:
            async with asyncio.timeout(self._limits.answer_s):
                await self._expect("success", "connected")
                await self._send({"action": "auth", "key": key_id, "secret": secret_key})
                await self._expect("success", "authenticated")
                await self._send({"action": "subscribe", "news": ["*"]})
                await self._expect("subscription", "")
        except TimeoutError:
            raise SourceLost("Alpaca's news socket did not answer") from None

    async def _send(self, message: Row) -> None:
        await self._connection.send(orjson.dumps(message).decode())

    async def _expect(self, kind: str, text: str) -> None:
        """Wait for a control message."""
        while True:
            for row in self._rows(await self._connection.recv()):
                if row.get("T") == kind and (not text or row.get("msg") == text):
                    return

    async def read(self) -> list[Row]:
        """Return the news of the next message that has any. Raises KeyRejected, SourceLost."""
        while True:
            rows = self._rows(await self._connection.recv())
            self._report.alive()
            if news := [row for row in rows if row.get("T") == "n"]:
                return news

    def _rows(self, frame: str | bytes) -> list[Row]:
        """Read a message. Raises what an error in it means."""
        try:
            found = parse(frame.encode() if isinstance(frame, str) else frame)
        except ValueError:
            found = None
        if not isinstance(found, list):
            self._garbage += 1
            self._report.count("unreadable")
            if self._garbage > GARBAGE_MAX:
                raise SourceLost(f"Alpaca's news socket sends garbage ({self._garbage} messages in a row)")
            return []
        self._garbage = 0
        rows = [row for row in found if isinstance(row, dict)]
        for row in rows:
            if row.get("T") == "error":
                raise _meaning(row.get("code"))
        return rows

    async def ping(self) -> None:
        """Ask for a pong over and over. Raises SourceLost when none comes."""
        while True:
            await asyncio.sleep(self._limits.ping_s)
            pong = await self._connection.ping()
            try:
                async with asyncio.timeout(self._limits.answer_s):
                    await pong
            except TimeoutError:
                raise SourceLost("Alpaca's news socket is open and silent") from None
            self._report.alive()


def _meaning(code: object) -> KeyRejected | SourceLost:
    """Return the error that a code amounts to. What its text says is not repeated."""
    if not isinstance(code, int):
        return SourceLost("Alpaca ended the news socket with an error")
    if code in _KEY_CODES:
        return KeyRejected(f"{_KEY_CODES[code]} (error {code})")
    if code == 429:
        return SourceLost("Alpaca's rate limit is reached", retry_after=_BUSY_S)
    if code == 406:
        return SocketTaken(_TAKEN, retry_after=_BUSY_S)
    if code == 407:
        return SourceLost(_TOO_SLOW)
    return SourceLost(f"Alpaca ended the news socket (error {code})")


def _refusal(status: int) -> KeyRejected | SourceLost:
    if status in (401, 403):
        return KeyRejected(f"Alpaca refuses the key (HTTP {status})")
    return SourceLost(f"Alpaca refuses the news socket (HTTP {status})", retry_after=_BUSY_S if status == 429 else None)


@contextlib.asynccontextmanager
async def open_socket(url: str, report: Report, limits: AlpacaTimeouts) -> AsyncIterator[AlpacaSocket]:
    """Open the socket, and close it at the end. What ends it meanwhile leaves as a SourceError."""
    async with contextlib.AsyncExitStack() as stack:
        connection = await _connect(stack, url, limits)
        try:
            yield AlpacaSocket(connection, report, limits)
        except websockets.exceptions.ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd else 1006
            raise SourceLost(f"Alpaca closed the news socket ({code})") from None


async def _connect(stack: contextlib.AsyncExitStack, url: str, limits: AlpacaTimeouts) -> ClientConnection:
    """Connect until `stack` ends. Raises KeyRejected, SourceLost, SourceUnusable."""
    try:
        return await stack.enter_async_context(opened(url, unguarded, open_s=limits.answer_s))
    except websockets.exceptions.InvalidStatus as refused:
        raise _refusal(refused.response.status_code) from None
    except (OSError, websockets.exceptions.WebSocketException):  # with TimeoutError
        raise SourceLost("Alpaca's news socket cannot be reached") from None
    except LinkLost:
        raise SourceUnusable("the address of Alpaca's news socket has no TLS") from None
