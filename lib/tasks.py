"""Tasks with an owner: each has a name, is awaited at the end, and is heard when it dies."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from lib.backoff import HEALTHY_S, delays

logger = logging.getLogger(__name__)


class Tasks:
    """The tasks of one owner. `deaths` counts those that ended by an error."""

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self.deaths = 0
        self._tasks: set[asyncio.Task[Any]] = set()

    def __repr__(self) -> str:
        return f"<Tasks {self.owner} {len(self._tasks)} running {self.deaths} died>"

    def __len__(self) -> int:
        return len(self._tasks)

    def start(self, work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Run `work` as a task of this owner; if it raises, that is logged and counted."""
        task = asyncio.get_running_loop().create_task(work, name=f"{self.owner}: {name}")
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def supervise(self, work: Callable[[], Awaitable[None]], name: str) -> asyncio.Task[Any]:
        """Run `work` for ever: when it raises or returns, log it and start it again after a back-off."""
        return self.start(self._supervised(work, name), name)

    async def _supervised(self, work: Callable[[], Awaitable[None]], name: str) -> None:
        loop = asyncio.get_running_loop()
        waits = delays(first=0.2, cap=10.0)
        while True:
            begun = loop.time()
            try:
                await work()
                logger.error("%s: %s ended; it starts again", self.owner, name)
            except Exception:
                self.deaths += 1
                logger.exception("%s: %s died; it starts again", self.owner, name)
            if loop.time() - begun > HEALTHY_S:
                waits = delays(first=0.2, cap=10.0)
            await asyncio.sleep(next(waits))

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.deaths += 1
            logger.error("%s died", task.get_name(), exc_info=error)

    async def wait(self, within_s: float) -> None:
        """Wait until those tasks have ended that run now, at most so many seconds."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=within_s)

    async def cancel(self, again_s: float | None = None) -> None:
        """Cancel every task and wait until they have ended; those that die of something else were logged.

        Those that have not ended after `again_s` seconds are cancelled again: redis swallows a cancellation that
        comes while it connects.
        """
        tasks = {task for task in self._tasks if task is not asyncio.current_task()}
        while tasks:
            for task in tasks:
                task.cancel()
            _, tasks = await asyncio.wait(tasks, timeout=again_s)
