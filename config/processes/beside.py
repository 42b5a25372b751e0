"""Keeps processes beside a desk that is one process itself: from a thread, as that one has the event loop."""

import asyncio
import contextlib
import logging
import threading
import types
import typing

from config.processes.supervisor import ProcessSpec, Supervisor

logger = logging.getLogger(__name__)


class KeptBeside:
    """Keeps `orders` running inside a `with`. `when_changed` and `when_died` are those of a Supervisor."""

    def __init__(
        self,
        orders: typing.Sequence[ProcessSpec],
        when_changed: typing.Callable[[dict[str, int]], None],
        when_died: typing.Callable[[int], None],
    ) -> None:
        self._orders = orders
        self._given = when_changed, when_died
        self._thread = threading.Thread(target=self._keep, name="beside")
        self._begun = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._family: Supervisor | None = None

    def __enter__(self) -> "KeptBeside":
        if self._orders:
            self._thread.start()
            self._begun.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: types.TracebackType | None
    ) -> None:
        if self._loop is not None and self._family is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended already
                self._loop.call_soon_threadsafe(self._family.stop)
        if self._orders:
            self._thread.join()

    def _keep(self) -> None:
        if failure := asyncio.run(self._run()):
            logger.error("%s; the desk goes on without it", failure)

    async def _run(self) -> str:
        """Keep them until told to stop. Returns why they never came up, or nothing."""
        self._loop = asyncio.get_running_loop()
        self._family = Supervisor(self._orders, [], lambda: None, *self._given)
        self._begun.set()
        return await self._family.run()
