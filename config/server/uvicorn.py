"""The web server of `manage.py up`: uvicorn, which drains the desk before it stops."""

import asyncio
import contextlib
import gc
import logging
import signal
import socket
import threading
import types
import typing

import uvicorn

from config.server.connections import Cutter, Requests, Sockets
from lib.open_file_limit import raise_limit
from streaming import runtime

logger = logging.getLogger(__name__)

APPLICATION = "config.asgi:application"
DRAIN_S = 8.0
STOP_S = 9.5
"""For the whole stop: what the drain leaves of it is for requests that are still being answered."""
JOIN_S = 5.0
"""How long a web process waits for its place among the others until it says that it is ready."""
LEAST_S = 1.0
"""What they have after a drain that took all of its time."""
BACKLOG = 2048
"""Connections that may wait to be accepted; the kernel's own bound (net.core.somaxconn, 4096) is above it."""
CONNECTIONS = 16_384
"""Connections of one process, at most; whoever comes then is answered 503, a socket's handshake too."""
SPARE_FILES = 512
"""Files left for everything that is no connection of a visitor: venues, database, layer, static files."""
WS_MAX_BYTES = 65_536
STALL_MS = 30_000
"""For how long a client may take nothing of what is sent to it before the kernel ends its connection."""
UNSENT_BYTES = 131_072
"""What the kernel takes that a client has no room for yet. By itself up to 4 MB: minutes of the past for a slow one."""

Drain = typing.Callable[[], typing.Awaitable[None]]


class Server(uvicorn.Server):
    """On SIGTERM or SIGINT it takes no new connection, awaits `drain`, then closes. A second SIGINT stops it at once.

    It ends by returning, not by the signal, so that whoever runs it can end what else they started.
    """

    def __init__(self, config: uvicorn.Config, drain: Drain, ready: typing.Callable[[], None]) -> None:
        super().__init__(config)
        self._drain = drain
        self._ready = ready
        self._cutter = Cutter()

    def handle_exit(self, sig: int, frame: types.FrameType | None) -> None:
        """Note the wish to stop."""
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True

    @contextlib.contextmanager
    def capture_signals(self) -> typing.Iterator[None]:
        """A terminal that closes ends this server in good order, too, unless it was told to outlive it (nohup)."""
        former = signal.getsignal(signal.SIGHUP)
        heard = former is not signal.SIG_IGN and threading.current_thread() is threading.main_thread()
        if heard:
            signal.signal(signal.SIGHUP, self.handle_exit)
        try:
            with super().capture_signals():
                yield
        finally:
            if heard:
                signal.signal(signal.SIGHUP, former)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets)
        gc.freeze()
        self._ready()

    async def on_tick(self, counter: int) -> bool:
        """Once a second, cut what cannot be closed."""
        if counter % 10 == 0:
            self._cutter.cut(self.server_state.connections)
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening, drain, then let uvicorn end what is left: it waits for requests being answered."""
        began = asyncio.get_running_loop().time()
        for server in self.servers:
            server.close()
        await self._drained()
        left = STOP_S - (asyncio.get_running_loop().time() - began)
        self.config.timeout_graceful_shutdown = max(LEAST_S, left)  # type: ignore[assignment] # it takes any number
        cutting = asyncio.ensure_future(self._keep_cutting())
        await super().shutdown(sockets)
        cutting.cancel()

    async def _keep_cutting(self) -> None:
        while True:
            self._cutter.cut(self.server_state.connections)
            await asyncio.sleep(0.5)

    async def _drained(self) -> None:
        task = asyncio.ensure_future(self._drain())
        deadline = asyncio.get_running_loop().time() + DRAIN_S
        while not task.done() and not self.force_exit:
            if asyncio.get_running_loop().time() > deadline:
                logger.error("The desk was not drained after %.0f s; closing it as it is", DRAIN_S)
                break
            await asyncio.wait((task,), timeout=0.1)
        if not task.done():
            task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            logger.warning("Draining was cut short")


async def joined() -> None:
    """Wait for this process's place among the others, but not for ever: pages are answered without it."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(runtime.runtime().joined(), JOIN_S)


def serve(bound: socket.socket, ready: typing.Callable[[], None], *, behind_proxy: bool) -> None:
    """Serve the desk on `bound` until told to stop; `ready` is called when this process does its part among all."""
    connections = max(1, min(CONNECTIONS, raise_limit() - SPARE_FILES))
    config = configuration(APPLICATION, behind_proxy=behind_proxy, connections=connections)

    telling: list[asyncio.Task[None]] = []

    async def report_ready() -> None:
        await joined()
        ready()

    def started() -> None:
        telling.append(asyncio.create_task(report_ready(), name="report that it is ready"))

    Server(config, runtime.drain, started).run([bound])


def listen(host: str, port: int) -> socket.socket:
    """Return a socket bound to `host` and `port` (0: any free one). Raises OSError, as when it is in use."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # else asyncio leaves Nagle on
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    for option, value in (("TCP_USER_TIMEOUT", STALL_MS), ("TCP_NOTSENT_LOWAT", UNSENT_BYTES)):
        if hasattr(socket, option):  # Linux; every connection inherits them
            bound.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
    try:
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    bound.set_inheritable(False)
    bound.listen(BACKLOG)  # from here on nobody is refused, whichever processes come and go behind it
    return bound


def configuration(app: str, *, behind_proxy: bool, connections: int = CONNECTIONS) -> uvicorn.Config:
    """Return how uvicorn serves `app`, which it imports by itself: module:name. Past `connections` it answers 503.

    There is no ws_max_queue: the websockets-sansio side of uvicorn reads on only when its one message was taken.
    """
    return uvicorn.Config(
        app,
        loop="uvloop",
        http=Requests,
        ws=Sockets,
        ws_max_size=WS_MAX_BYTES,
        ws_ping_interval=20.0,
        ws_ping_timeout=20.0,
        ws_per_message_deflate=False,
        lifespan="off",
        access_log=False,
        server_header=False,
        proxy_headers=behind_proxy,
        backlog=BACKLOG,
        limit_concurrency=connections,
        log_config=None,
    )
