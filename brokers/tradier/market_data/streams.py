"""The market stream over its two carriers: one WebSocket, whose symbols can be changed, or one HTTP answer, where a
change means another request. Each ends by raising.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Set

import httpx2

from brokers.adapter.error_mapping import StreamDropped, VenueRefused, cancel_and_wait, raise_outcome
from brokers.adapter.http import at_the_wire, client, read_bounded, require_tls
from brokers.adapter.websocket import GARBAGE_MAX
from brokers.contract.broker import Guard
from brokers.tradier import decoding
from brokers.tradier.decoding import Objects, Raw, TradierRefusal
from brokers.tradier.errors import refuse
from brokers.tradier.stream_sessions import TradierStreamSession, TradierStreamSessions
from brokers.tradier.websocket import TradierSocket, opened

FILTER = ("trade", "quote", "summary", "tradex")
"""What is asked for: `tradex` goes on where `trade` stops, before and after the regular session."""
PING_S = 15.0

Take = Callable[[Raw], None]


def _check(raw: Raw, take: Take) -> None:
    if "error" in raw:
        refuse(raw["error"])
    take(raw)


class SocketStream:
    """The market stream over a WebSocket."""

    def __init__(self, socket: TradierSocket, sessions: TradierStreamSessions, answer_s: float) -> None:
        self.pings = True
        """Whether it proves that it lives while nothing trades."""
        self._socket = socket
        self._sessions = sessions
        self._answer_s = answer_s

    @property
    def last_received_at(self) -> float:
        """When anything last came in, on the monotonic clock."""
        return self._socket.last_received_at

    @property
    def bad(self) -> int:
        """How many frames could not be read."""
        return self._socket.bad

    async def subscribe(self, symbols: Set[str]) -> None:
        """Ask for exactly these symbols. A session that is too old for that is replaced first."""
        session = await self._sessions.current()
        self._sessions.show(session)
        await self._socket.send(
            {
                "symbols": sorted(symbols),
                "sessionid": session.id,
                "filter": list(FILTER),
                "linebreak": True,
                "validOnly": True,
                "advancedDetails": False,
            }
        )

    async def read(self, take: Take) -> None:
        """Hand on what comes, for ever. Raises what the stream ends with."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._socket.read(lambda raw: _check(raw, take)))
            tasks.create_task(self._socket.ping(PING_S, self._answer_s))


@contextlib.asynccontextmanager
async def socket_stream(
    url: str, sessions: TradierStreamSessions, guard: Guard, answer_s: float
) -> AsyncIterator[SocketStream]:
    """Open the WebSocket. The session is minted before, so that nothing stands between connecting and using it."""
    await sessions.start()
    async with opened(url, guard) as socket:
        yield SocketStream(socket, sessions, answer_s)


class HttpStream:
    """The market stream as one long HTTP answer."""

    def __init__(self, client: httpx2.AsyncClient, url: str, sessions: TradierStreamSessions, guard: Guard) -> None:
        self.pings = False
        self.last_received_at = time.monotonic()
        self.bad = 0
        self._client = client
        self._url = url
        self._sessions = sessions
        self._guard = guard
        self._changed = asyncio.Event()
        self._opened = asyncio.Event()
        self._symbols: Set[str] = frozenset()

    async def subscribe(self, symbols: Set[str]) -> None:
        """Ask for exactly these symbols: the answer that is open is hung up, and `read` asks for another."""
        self._symbols = symbols
        self._opened.clear()
        self._changed.set()
        await self._opened.wait()

    async def read(self, take: Take) -> None:
        """Hand on what comes, over one answer after the other. Raises what the stream ends with."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            reading = asyncio.create_task(self._read(take))
            changing = asyncio.create_task(self._changed.wait())
            try:
                await asyncio.wait({reading, changing}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                changing.cancel()
                if not reading.done():
                    await cancel_and_wait(reading)
            if not reading.cancelled():
                raise_outcome(reading)
                raise StreamDropped("the venue ended the stream")

    async def _read(self, take: Take) -> None:
        """Read one answer to its end."""
        session = await self._sessions.current()
        self._sessions.show(session)
        url = session.url if session.url.startswith(("https://", "http://")) else self._url
        require_tls(url)
        self._guard()
        extensions = at_the_wire(self._guard)
        async with self._client.stream("POST", url, data=self._form(session), extensions=extensions) as response:
            if not response.is_success:
                refused = decoding.read(response.status_code, await read_bounded(response))
                raise VenueRefused(response.status_code, refused.code if isinstance(refused, TradierRefusal) else "")
            self.last_received_at = time.monotonic()
            self._opened.set()
            await self._cut(response, take)

    def _form(self, session: TradierStreamSession) -> dict[str, str]:
        return {
            "symbols": ",".join(sorted(self._symbols)),
            "sessionid": session.id,
            "filter": ",".join(FILTER),
            "linebreak": "true",
            "validOnly": "true",
            "advancedDetails": "false",
        }

    async def _cut(self, response: httpx2.Response, take: Take) -> None:
        objects = Objects()
        async for chunk in response.aiter_bytes():
            self.last_received_at = time.monotonic()
            for raw in objects.feed(chunk):
                _check(raw, take)
            self.bad += objects.bad
            if objects.bad > GARBAGE_MAX:
                raise StreamDropped("unreadable messages")
            objects.bad = 0


@contextlib.asynccontextmanager
async def http_stream(
    url: str, sessions: TradierStreamSessions, guard: Guard, answer_s: float
) -> AsyncIterator[HttpStream]:
    """Make ready to stream over HTTP. No token goes there: the session speaks for it."""
    await sessions.start()
    async with client(url, {"Accept": "application/json"}, httpx2.Timeout(answer_s, read=None)) as http:
        yield HttpStream(http, url, sessions, guard)


Stream = SocketStream | HttpStream
