"""Looks at a person's stream from outside the server: over the layer, in this process, or through a real socket."""

import asyncio
import contextlib
import typing

import msgspec
import websockets
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.backends.db import SessionStore

from accounts.access import Access
from streaming import bus, wire
from streaming.bus import DirectPort, Message
from streaming.host import Host
from streaming.hub import Hub
from streaming.layer import Layer
from streaming.lease import Lease
from streaming.ledger import Ledger
from streaming.limits import limits
from streaming.sinks import sinks
from streaming.sockets import Socket
from streaming.stored_links import StoredLinks
from streaming.tasks import Tasks
from streaming.watch import View

OPEN_TIMEOUT_S = 0.5
JOIN_TIMEOUT_S = 2.0
BEHIND = 64
"""Messages waiting for the terminal; at the bound the hub conflates."""

Messages = typing.AsyncIterator[dict[str, typing.Any]]


async def _everybody(accesses: list[Access]) -> set[Access]:
    """Who runs a command on the server has no session that could end."""
    return set(accesses)


class Visit:
    """One look at one person's stream. `hosted` says that no server held it, so this process does."""

    def __init__(self, person: int, view: View) -> None:
        self.person = person
        self.view = view
        self.hosted = False
        self._texts: asyncio.Queue[str] = asyncio.Queue(BEHIND)
        self._tasks = Tasks("guest")
        self._host: Host | None = None
        self._ledger: Ledger | None = None
        self._layer: Layer | None = None

    async def messages(self) -> Messages:
        """Yield what the stream says until cancelled."""
        channels = bus.layer()
        joined = False
        if channels is not None:
            joined = await self._join_over(channels)
        if not joined:
            await self._join_here()
        while True:
            yield msgspec.json.decode(await self._texts.get())

    async def _join_over(self, channels: typing.Any) -> bool:
        """Join a manager that a server holds. Returns whether one answered in time."""
        hub = Hub(limits(), _everybody)
        opened = asyncio.Event()
        layer = self._layer = Layer(channels, (), hub.receive, lambda _: opened.set(), lambda: None)
        layer.start()
        port = layer.to_group(bus.HOSTS)
        try:
            async with asyncio.timeout(OPEN_TIMEOUT_S):
                await opened.wait()
        except TimeoutError:
            await layer.close()
            return False
        hub.start(DirectPort(lambda message: port.send({**message, "reply": layer.channel})))
        socket = Socket(Access(self.person))
        hub.join(socket, self.view)
        writer = self._tasks.start(self._write(hub, socket), "writer")
        try:
            async with asyncio.timeout(JOIN_TIMEOUT_S):
                self._texts.put_nowait(await self._texts.get())
                return True
        except TimeoutError:
            hub.leave(socket)
            await hub.tasks.cancel()
            writer.cancel()
            await layer.close()
            return False

    async def _join_here(self) -> None:
        """Hold the person's links open in this process."""
        self.hosted = True
        hub = Hub(limits(), _everybody)
        self._ledger = Ledger(sinks())
        lease = Lease("command", lease_s=limits().lease_s)
        host = self._host = Host(StoredLinks(), limits(), self._ledger, lease)
        back = DirectPort(hub.receive)

        def to_host(message: Message) -> None:
            host.receive(message, back)

        host.start()
        hub.start(DirectPort(to_host))
        socket = Socket(Access(self.person))
        hub.join(socket, self.view)
        self._tasks.start(self._write(hub, socket), "writer")

    async def _write(self, hub: Hub, socket: Socket) -> None:
        async for text in socket.texts(hub.catch_up):
            await self._texts.put(text)

    async def close(self) -> None:
        """Leave, and close the venue connections if this process held them."""
        await self._tasks.cancel()
        if self._layer is not None:
            await self._layer.close()
        if self._host is not None:
            await self._host.stop()
        if self._ledger is not None:
            await self._ledger.close()


def open_session(user: AbstractBaseUser) -> SessionBase:
    """Make a session for `user`, as signing in does; the caller deletes it."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return session


async def over_socket(url: str, session_key: str, watch: dict[str, typing.Any]) -> Messages:
    """Yield what `/ws/streaming/` of a running server says. Raises OSError or websockets' errors."""
    address = f"{url.replace('http', 'ws', 1).rstrip('/')}/ws/streaming/"
    cookie = f"{settings.SESSION_COOKIE_NAME}={session_key}"
    async with websockets.connect(
        address, subprotocols=[websockets.Subprotocol(wire.SUBPROTOCOL)], additional_headers={"Cookie": cookie}
    ) as socket:
        await socket.send(wire.dumps({"type": "hello", "watch": watch}))
        with contextlib.suppress(websockets.ConnectionClosedOK):
            async for text in socket:
                message = msgspec.json.decode(text)
                if message["type"] == "frame":
                    await socket.send(wire.dumps({"type": "ack", "seq": message["seq"]}))
                yield message
