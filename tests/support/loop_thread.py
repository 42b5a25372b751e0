"""An event loop in a thread of its own, for what must go on while a test does something else."""

import asyncio
import threading
import types
import typing

from tests.support.eventually import ENOUGH_S

Result = typing.TypeVar("Result")


class LoopThread:
    """Runs coroutines beside the caller; use it in a `with`. A subclass opens and closes what it holds in the loop."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=type(self).__name__, daemon=True)

    def __enter__(self) -> typing.Self:
        self._thread.start()
        self._call(self._open())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: types.TracebackType | None
    ) -> None:
        try:
            self._call(self._close())
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    async def _open(self) -> None:
        """Begin."""

    async def _close(self) -> None:
        """End everything."""

    def _call(self, work: typing.Coroutine[typing.Any, typing.Any, Result], within: float = ENOUGH_S) -> Result:
        """Do `work` in the loop and return what it returns."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(within)


async def end(tasks: typing.Iterable["asyncio.Task[typing.Any]"]) -> None:
    """Cancel `tasks`, and wait until they have ended."""
    ending = list(tasks)
    for task in ending:
        task.cancel()
    await asyncio.gather(*ending, return_exceptions=True)
