"""The trade-updates socket: the same events as they come, and none that came while it was away."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import InvalidStatus

from brokers.adapter.error_mapping import StreamDropped
from brokers.adapter.http import parse
from brokers.adapter.supervision import Up
from brokers.adapter.websocket import GARBAGE_MAX, opened
from brokers.alpaca.account.polling import Catching
from brokers.alpaca.account.reporter import ReportEmitter
from brokers.alpaca.decoding import Raw
from brokers.alpaca.errors import Crowded, Mute, NotOffered
from brokers.alpaca.rest import AlpacaRest
from brokers.alpaca.timeouts import AlpacaTimeouts

STREAM = "trade_updates"
PING_S = 20.0


class Updates:
    """The socket of one run. `secrets` are the key's id and its secret."""

    name = "websocket"

    def __init__(
        self,
        url: str,
        secrets: tuple[str, str],
        rest: AlpacaRest,
        teller: ReportEmitter,
        catching: Catching,
        limits: AlpacaTimeouts,
    ) -> None:
        self.last_received_at = 0.0
        self.bad = 0
        self._url = url
        self._secrets: Callable[[], tuple[str, str]] = lambda: secrets
        self._rest = rest
        self._teller = teller
        self._catching = catching
        self._limits = limits

    async def run(self, up: Up) -> None:
        """Tell what happened meanwhile, then what happens. Raises what the socket ends with."""
        if not self._url:
            raise NotOffered("there is no trade-updates socket")
        try:
            async with opened(self._url, self._rest.guard, open_s=self._limits.answer_s) as connection:
                self.last_received_at = time.monotonic()
                await self._authenticate(connection)
                await self._catching.up()  # after: what happens from here on comes by the socket
                up()
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._read(connection))
                    tasks.create_task(self._ping(connection))
        except InvalidStatus as refused:
            raise await self._meaning(refused.response.status_code) from None

    async def _meaning(self, status: int) -> Exception:
        if status == 429:
            return Crowded("something else has the trade-updates socket of this key")
        if status >= 500:
            return StreamDropped(f"the venue refused the socket (HTTP {status})")
        await self._rest.confirm()
        return NotOffered(f"the trade-updates socket is not offered (HTTP {status})")

    async def _authenticate(self, connection: ClientConnection) -> None:
        """Authenticate and listen. Raises NotOffered where a good key is refused."""
        key_id, secret_key = self._secrets()
        await self._send(connection, {"action": "auth", "key": key_id, "secret": secret_key})
        if (await self._answer(connection, "authorization")).get("status") != "authorized":
            await self._rest.confirm()
            raise NotOffered("the trade-updates socket does not take this key")
        await self._send(connection, {"action": "listen", "data": {"streams": [STREAM]}})
        if STREAM not in (await self._answer(connection, "listening")).get("streams", ()):
            raise NotOffered("the socket has no trade updates")

    async def _send(self, connection: ClientConnection, message: Any) -> None:
        self._rest.guard()
        await connection.send(orjson.dumps(message).decode())

    async def _answer(self, connection: ClientConnection, stream: str) -> Raw:
        """Return what the venue answers on `stream`."""
        try:
            async with asyncio.timeout(self._limits.answer_s):
                while True:
                    raw = self._parsed(await connection.recv())
                    if raw is not None and raw.get("stream") == stream and isinstance(raw.get("data"), dict):
                        return dict(raw["data"])
        except TimeoutError:
            raise Mute(f"the socket did not answer ({stream})") from None

    def _parsed(self, frame: str | bytes) -> Raw | None:
        """Read a frame: JSON, whether as text or binary."""
        try:
            raw = parse(frame.encode() if isinstance(frame, str) else frame)
        except ValueError:
            raw = None
        if not isinstance(raw, dict):
            self.bad += 1
            return None
        if raw.get("action") == "error":
            raise StreamDropped("the venue ended the socket with an error")
        return raw

    async def _read(self, connection: ClientConnection) -> None:
        garbage = 0
        while True:
            raw = self._parsed(await connection.recv())
            self.last_received_at = time.monotonic()
            garbage = 0 if raw is not None else garbage + 1
            if garbage > GARBAGE_MAX:
                raise StreamDropped(f"{garbage} unreadable messages in a row")
            if raw is None or raw.get("stream") != STREAM:
                continue
            event = raw.get("data")
            if isinstance(event, dict):
                self._teller.event(event)
            else:
                self.bad += 1

    async def _ping(self, connection: ClientConnection) -> None:
        while True:
            await asyncio.sleep(min(PING_S, self._limits.mute_s / 3))
            pong = await connection.ping()
            try:
                async with asyncio.timeout(self._limits.answer_s):
                    await pong
            except TimeoutError:
                raise Mute("the socket does not answer") from None
            self.last_received_at = time.monotonic()
