"""The web server of `manage.py up --server daphne`: Daphne, drained as far as it lets itself be.

For comparison, and for whoever has to run it. What it lacks beside uvicorn is said at the start.
"""

import asyncio
import logging
import os
import signal
import socket
import typing

from daphne.server import Server, twisted_loop
from django.utils.module_loading import import_string

from config.server.uvicorn import APPLICATION, DRAIN_S, STOP_S, WS_MAX_BYTES, joined
from lib.open_file_limit import raise_limit
from streaming import runtime
from streaming.wire.frames import Close

logger = logging.getLogger(__name__)

FLUSH_S = 0.3
"""For the first request of a new connection to come, and the last bytes of an answer to leave; Daphne tells neither."""


def closable(application: typing.Any) -> typing.Any:
    """Return `application` with codes that Daphne's sockets can close with: 1000 and from 3000 on."""

    async def served(scope: typing.Any, receive: typing.Any, send: typing.Any) -> None:
        async def closing(message: dict[str, typing.Any]) -> None:
            if message["type"] == "websocket.close" and message.get("code") == Close.GOING_AWAY:
                message = {**message, "code": int(Close.RESTARTING)}  # clients come back for either
            await send(message)

        await application(scope, receive, closing)

    return served


class Draining:
    """One Daphne in this process, from its start to its end."""

    def __init__(self, bound: socket.socket, *, behind_proxy: bool) -> None:
        self._bound = bound
        self._stopping = False
        self._task: asyncio.Task[None] | None = None
        self._server = Server(
            closable(import_string(APPLICATION.replace(":", "."))),
            endpoints=[f"fd:fileno={os.dup(bound.fileno())}"],  # Twisted closes what it is given
            signal_handlers=False,
            server_name="",
            websocket_timeout=-1,  # else every socket ends after a day
            websocket_max_message_size=WS_MAX_BYTES,
            websocket_max_frame_size=WS_MAX_BYTES,
            proxy_forwarded_address_header="X-Forwarded-For" if behind_proxy else None,
            proxy_forwarded_proto_header="X-Forwarded-Proto" if behind_proxy else None,
        )

    def __repr__(self) -> str:
        return f"<Draining {self._server.endpoints}>"

    def run(self, ready: typing.Callable[[], None]) -> None:
        """Serve until SIGTERM or SIGINT; a second SIGINT ends it at once."""
        for number in (signal.SIGTERM, signal.SIGINT):
            twisted_loop.add_signal_handler(number, self._told_to_stop, number)
        begin = twisted_loop.create_task(self._start(ready))
        self._server.run()
        if begin.done():
            begin.result()
        if self._task is not None and self._task.done():
            self._task.result()

    async def _start(self, ready: typing.Callable[[], None]) -> None:
        await joined()
        ready()

    def _told_to_stop(self, number: signal.Signals) -> None:
        if self._stopping and number == signal.SIGINT:
            self._server.stop()
        elif not self._stopping:
            self._stopping = True
            self._task = twisted_loop.create_task(self._stop())

    async def _stop(self) -> None:
        """Stop listening, drain, let requests end that are being answered, then end the server."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        for listener in self._server.listeners:
            listener.addCallback(lambda port: port.stopListening())
        self._bound.close()
        try:
            await self._drain()
            await self._quiet(began + STOP_S)
        finally:
            self._server.stop()

    async def _drain(self) -> None:
        try:
            async with asyncio.timeout(DRAIN_S):
                await runtime.drain()
        except TimeoutError:
            logger.error("The desk was not drained after %.0f s; closing it as it is", DRAIN_S)

    async def _quiet(self, deadline: float) -> None:
        """Wait until no request is being answered, nor was one that came a moment ago."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(FLUSH_S)
        while (answering := self._answering()) and loop.time() < deadline:
            await asyncio.wait(answering, timeout=deadline - loop.time())
            await asyncio.sleep(FLUSH_S)

    def _answering(self) -> list["asyncio.Future[None]"]:
        known = [one.get("application_instance") for one in self._server.connections.values()]
        return [one for one in known if one is not None and not one.done()]


def serve(bound: socket.socket, ready: typing.Callable[[], None], *, behind_proxy: bool) -> None:
    """Serve the desk on `bound` until told to stop; `ready` is called when requests are answered."""
    raise_limit()
    Draining(bound, behind_proxy=behind_proxy).run(ready)
