"""The calls of tools that are under way in one event loop: what cancels them, and how they end with the process."""

import asyncio
import contextlib
from collections.abc import Coroutine, Iterator
from typing import Any

from assistant.audit import keep_call
from assistant.call import ToolResult
from assistant.contract.errors import ToolError
from assistant.counts import counts
from assistant.models import ToolCall
from lib.tasks import Tasks

CLOSE_S = 5.0
"""How long answers that are told of the end have to leave."""
RESTARTING = ToolResult(ToolError("restarting", "The desk restarts. Come again.", 5).value, is_error=True)


class OpenCalls:
    """Calls that are under way. One whose client leaves is cancelled; at the end of the process each gets a result."""

    def __init__(self) -> None:
        self._closing = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._answering = 0
        self._tasks = Tasks("mcp calls")
        self._writes = Tasks("audit of mcp calls")

    def __len__(self) -> int:
        return len(self._tasks)

    @contextlib.contextmanager
    def answering(self) -> Iterator[None]:
        """Count a request while it is answered."""
        self._answering += 1
        self._empty.clear()
        try:
            yield
        finally:
            self._answering -= 1
            if not self._answering:
                self._empty.set()

    async def run(self, call: Coroutine[Any, Any, ToolResult], name: str) -> ToolResult:
        """Return what a call comes to, or that the desk restarts. Cancelled, it cancels the call."""
        task = self._tasks.start(self._counted(call), name)
        closing = self._tasks.start(self._closing.wait(), f"{name} at the end")
        try:
            await asyncio.wait({task, closing}, return_when=asyncio.FIRST_COMPLETED)
            return task.result() if task.done() else RESTARTING
        finally:
            closing.cancel()
            task.cancel()

    def keep(self, call: ToolCall) -> None:
        """Have a call that is over stored, beside what goes on."""
        self._writes.start(keep_call(call), call.tool)

    async def close(self) -> None:
        """End every call with a result, wait until the answers have left, and for the calls themselves."""
        self._closing.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_S):
                await self._empty.wait()
        await self._tasks.cancel()
        await self._writes.wait(CLOSE_S)

    async def _counted(self, call: Coroutine[Any, Any, ToolResult]) -> ToolResult:
        counts.under_way += 1
        try:
            return await call
        finally:
            counts.under_way -= 1
