"""The web server of `manage.py up`: uvicorn, which drains the desk before it stops."""

import asyncio
import gc
import logging
import signal
import socket
import types
import typing

import uvicorn

from config.connections import Cutter, Requests, Sockets

logger = logging.getLogger(__name__)

APPLICATION = "config.asgi:application"
DRAIN_S = 8.0
FINISH_S = 2
"""Seconds for what is still open after the drain; with it the whole stop stays within 10."""
BACKLOG = 2048
"""Connections that may wait to be accepted; the kernel's own bound (net.core.somaxconn, 4096) is above it."""
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
        """Stop listening, drain, then let uvicorn end what is left."""
        for server in self.servers:
            server.close()
        await self._drained()
        await super().shutdown(sockets)

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


def configuration(app: str, *, behind_proxy: bool) -> uvicorn.Config:
    """Return how uvicorn serves `app`, which it imports by itself: module:name."""
    return uvicorn.Config(
        app,
        loop="auto",
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
        log_config=None,
        timeout_graceful_shutdown=FINISH_S,
    )
