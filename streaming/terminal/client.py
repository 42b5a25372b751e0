"""Looks at a person's stream from outside the server: over the layer, in this process, or through a real socket."""

import asyncio
import contextlib
import decimal
import typing

import msgspec
import websockets
from django.conf import settings

from accounts.auth.access import Access
from lib.tasks import Tasks
from streaming.hub.hub import Hub
from streaming.links.db_store import StoredLinks
from streaming.runtime import Runtime
from streaming.sockets.socket import Socket
from streaming.wire import frames
from streaming.wire.subscription import Subscription

JOIN_TIMEOUT_S = 2.0
"""How long who looks waits for an owner's word before it is asked, again and again, whether there can be one."""
KIND = "command"
"""The kind of process that looks: it hears of nobody but whom it looks at."""
BEHIND = 64
"""Messages waiting for the terminal; at the bound the hub conflates."""

Message = dict[str, typing.Any]
Messages = typing.AsyncIterator[Message]

_decoders = (msgspec.json.Decoder(Message), msgspec.json.Decoder(Message, float_hook=decimal.Decimal))
"""For whoever looks, and for who reckons."""


async def _everybody(accesses: list[Access]) -> set[Access]:
    """Who runs a command on the server has no session that could end."""
    return set(accesses)


class StreamClient:
    """One look at one person's stream. `hosted` says that no server held it, so this process does.

    With `venue` it then holds the links to that venue only. `exact`: numbers with a point are Decimals.
    """

    def __init__(self, person: int, view: Subscription, venue: str = "", *, exact: bool = False) -> None:
        self.person = person
        self.view = view
        self.venue = venue
        self.exact = exact
        self.hosted = False
        self._texts: asyncio.Queue[str] = asyncio.Queue(BEHIND)
        self._tasks = Tasks("guest")
        self._runtime: Runtime | None = None

    async def messages(self) -> Messages:
        """Yield what the stream says until cancelled; where nobody streams, this process does.

        Raises ForeignClusterError where another process streams that cannot be heard from here.
        """
        refused: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        found = self._runtime = Runtime(
            KIND, willing=False, check=_everybody, refused=refused.set_exception, links=StoredLinks(self.venue)
        )
        socket = Socket(Access(self.person))
        if await found.takers() == set():
            self.hosted = found.host.willing = True
        found.hub.join(socket, self.view)
        self._tasks.start(self._write(found.hub, socket), "writer")
        self._tasks.start(self._stand_in(found, socket), "stand-in")
        while True:
            yield await self._next(refused)

    async def request(self, what: str, *about: str, within_s: float) -> str:
        """Return what the person's owner answers, once a first message has come. Raises RpcError."""
        assert self._runtime is not None  # noqa: S101 (it has, after the first message)
        return await self._runtime.hub.enquiries.request(self.person, what, [*about], within_s)

    async def _next(self, refused: asyncio.Future[None]) -> Message:
        """Return the next message. Raises what `refused` does, should that come first."""
        text = asyncio.ensure_future(self._texts.get())
        either: set[asyncio.Future[typing.Any]] = {text, refused}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if refused.done():
                refused.result()
            return decode(text.result(), exact=self.exact)
        finally:
            text.cancel()

    async def _stand_in(self, found: Runtime, socket: Socket) -> None:
        """Hold the links here once no other process could: whoever could takes the person when their owner is gone."""
        while not (self.hosted or socket.joined):
            await asyncio.sleep(JOIN_TIMEOUT_S)
            takers = await found.takers()
            if takers is not None and takers <= {KIND} and not socket.joined:
                self.hosted = found.host.willing = True
                found.hub.renew_wants()

    async def _write(self, hub: Hub, socket: Socket) -> None:
        async for text in socket.texts(hub.catch_up):
            await self._texts.put(text)

    async def close(self) -> None:
        """Leave, and close the venue connections if this process held them."""
        await self._tasks.cancel()
        if self._runtime is not None:
            await self._runtime.drain()


async def over_socket(url: str, session_key: str, watch: dict[str, typing.Any], *, exact: bool = False) -> Messages:
    """Yield what `/ws/streaming/` of a running server says, as a StreamClient does.

    Raises OSError or websockets' errors.
    """
    async with websockets.connect(
        socket_address(url, "/ws/streaming/"),
        subprotocols=[websockets.Subprotocol(frames.SUBPROTOCOL)],
        additional_headers=session_header(session_key),
    ) as socket:
        await socket.send(frames.dumps({"type": "hello", "watch": watch}))
        with contextlib.suppress(websockets.ConnectionClosedOK):
            async for text in socket:
                message = decode(text, exact=exact)
                if message["type"] == "frame":
                    await socket.send(frames.dumps({"type": "ack", "seq": message["seq"]}))
                yield message


def socket_address(url: str, path: str) -> str:
    """Return the address of a socket of the server at `url`."""
    return f"{url.replace('http', 'ws', 1).rstrip('/')}{path}"


def session_header(session_key: str) -> dict[str, str]:
    """Return the header that a session comes in by."""
    return {"Cookie": f"{settings.SESSION_COOKIE_NAME}={session_key}"}


def decode(text: str | bytes, *, exact: bool = False) -> Message:
    """Read one message. `exact`: numbers with a point are Decimals."""
    return _decoders[exact].decode(text)
