"""Work that many ask for at once is done once."""

import asyncio
import typing
from collections.abc import Awaitable, Callable, Hashable

from lib.tasks import Tasks

Found = typing.TypeVar("Found")


class _Flight(typing.Generic[Found]):
    """One piece of work under way, and how many wait for it."""

    def __init__(self) -> None:
        self.waiting = 0
        self.found: asyncio.Future[Found] = asyncio.get_running_loop().create_future()
        self.task: asyncio.Task[None] | None = None


class SingleFlight(typing.Generic[Found]):
    """Who asks for what is under way already waits for that; with the last who waits, the work ends."""

    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks
        self._flights: dict[Hashable, _Flight[Found]] = {}

    def __len__(self) -> int:
        return len(self._flights)

    async def join(self, key: Hashable, work: Callable[[], Awaitable[Found]]) -> Found:
        """Return what `work` returns, or raise what it raises; it is begun unless work for `key` is under way."""
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = _Flight()
            flight.task = self._tasks.start(self._fly(key, flight, work), str(key))
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.found)
        finally:
            flight.waiting -= 1
            if not flight.waiting and flight.task is not None and not flight.found.done():
                flight.task.cancel()
                self._land(key, flight)

    async def _fly(self, key: Hashable, flight: _Flight[Found], work: Callable[[], Awaitable[Found]]) -> None:
        try:
            found = await work()
        except asyncio.CancelledError:
            flight.found.cancel()
            raise
        except Exception as error:  # noqa: BLE001 (theirs, who wait for it)
            flight.found.set_exception(error)
        else:
            flight.found.set_result(found)
        finally:
            self._land(key, flight)

    def _land(self, key: Hashable, flight: _Flight[Found]) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
