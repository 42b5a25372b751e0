"""Owns the server of each event loop: made by the first request, in a thread, and ended with the process.

The SDK wants the task that began its server to end it, and importing it on the event loop would stop every socket for
0.4 s. Nothing depends on lifespan.
"""

import asyncio
import contextlib
import gc
import importlib
import logging
import typing
import weakref
from collections.abc import Callable

from assistant.mcp.calls import OpenCalls
from lib.tasks import Tasks
from streaming.runtime import runtime
from streaming.transports.responses import App, Receive, Scope, Send

logger = logging.getLogger(__name__)

SERVER = "assistant.mcp.server"
READY_S = 5.0


class SessionManager(typing.Protocol):
    """What the SDK calls a manager of sessions: it runs once."""

    def run(self) -> contextlib.AbstractAsyncContextManager[None]:
        """Run while the context lasts."""

    async def handle_request(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""


Make = Callable[[OpenCalls], SessionManager]
"""Makes a manager, in a thread."""


class NotReadyError(Exception):
    """There is no server yet, or it could not be made."""


def make_manager(calls: OpenCalls) -> SessionManager:
    """Import the SDK and make the desk's server. What is imported stays, so that it is never gone over as garbage.

    A pass over all of it stops every thread for 60 ms.
    """
    gc.disable()
    try:
        manager: SessionManager = importlib.import_module(SERVER).make_manager(calls)
        gc.freeze()
    finally:
        gc.enable()
    return manager


class LoopServer:
    """The server of one event loop. It is ready when `ready` is."""

    def __init__(self, make: Make) -> None:
        self._make = make
        self._calls = OpenCalls()
        self._stop = asyncio.Event()
        self._tasks = Tasks("mcp server")
        self.ready: asyncio.Future[SessionManager] = asyncio.get_running_loop().create_future()
        self.task = self._tasks.start(self._run(), "manager")
        self._closers = runtime().hub.closers
        self._closers.add(self.close)

    @property
    def is_over(self) -> bool:
        """Whether it ended, for whatever reason."""
        return self.task.done()

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. Raises NotReadyError where the server cannot be made in time."""
        try:
            async with asyncio.timeout(READY_S):
                manager = await asyncio.shield(self.ready)
        except TimeoutError as error:
            raise NotReadyError from error
        with self._calls.answering():
            await manager.handle_request(scope, receive, send)

    async def close(self) -> None:
        """End every call with a result, then the server."""
        await self._calls.close()
        self._stop.set()
        await self._tasks.wait(1.0)
        await self._tasks.cancel()

    async def _run(self) -> None:
        try:
            manager = await asyncio.to_thread(self._make, self._calls)
            async with manager.run():
                self.ready.set_result(manager)
                await self._stop.wait()
        finally:
            self._closers.discard(self.close)
            if not self.ready.done():
                self.ready.set_exception(NotReadyError())
                self.ready.exception()  # nobody may be waiting for it


class ServerOwner:
    """The servers of all event loops: one in production."""

    def __init__(self, make: Make = make_manager) -> None:
        self._make = make
        self._servers: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, LoopServer] = weakref.WeakKeyDictionary()

    def find(self) -> App:
        """Return what serves requests on the running event loop; one that died has a successor."""
        loop = asyncio.get_running_loop()
        found = self._servers.get(loop)
        if found is None or found.is_over:
            found = self._servers[loop] = LoopServer(self._make)
        return found.serve
