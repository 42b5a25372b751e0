"""Does together what many ask for at once: slow work makes groups larger, not the queue longer."""

import asyncio
import typing
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence

from lib.tasks import Tasks

Item = typing.TypeVar("Item")
Outcome = typing.TypeVar("Outcome")


class Batcher(typing.Generic[Item, Outcome]):
    """`work` takes up to `most` items in their `order`, and returns what became of each: an exception where it failed.

    Each caller waits for its own item, so what waits here is bounded by those who ask. What `work` itself raises is
    raised for every item of its group.
    """

    def __init__(
        self,
        work: Callable[[list[Item]], Awaitable[Sequence[Outcome | Exception]]],
        order: Callable[[Item], int],
        most: int,
        tasks: Tasks,
        name: str,
    ) -> None:
        self._work = work
        self._order = order
        self._most = most
        self._tasks = tasks
        self._name = name
        self._waiting: list[tuple[Item, asyncio.Future[Outcome]]] = []
        self._working: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._waiting)

    async def submit(self, item: Item) -> Outcome:
        """Have `item` done and return its outcome. Who is cancelled does not know whether it was done."""
        outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, outcome))
        if self._working is None:
            self._working = self._tasks.start(self._run(), self._name)
        return await outcome

    async def rest(self) -> None:
        """Wait until nothing is being done."""
        if self._working is not None:
            await asyncio.wait([self._working])

    async def _run(self) -> None:
        """Do what waits, group by group, until nothing does."""
        try:
            while self._waiting:
                group = [waiting for waiting in self._waiting[: self._most] if not waiting[1].done()]
                del self._waiting[: self._most]
                await self._do(group)
        finally:
            self._working = None

    async def _do(self, group: list[tuple[Item, "asyncio.Future[Outcome]"]]) -> None:
        """Do one group, and tell each of those who wait for it."""
        outcomes: Sequence[Outcome | Exception]
        group.sort(key=lambda waiting: self._order(waiting[0]))
        try:
            outcomes = await self._work([item for item, _ in group])
        except Exception as error:  # noqa: BLE001 (theirs, who wait for it)
            outcomes = [error] * len(group)
        for (_, waiting), outcome in zip(group, outcomes, strict=True):
            if waiting.done():
                continue
            if isinstance(outcome, Exception):
                waiting.set_exception(outcome)
            else:
                waiting.set_result(outcome)


EACH = 10
"""Things in one turn: people, of whom each takes up to some tenths of a millisecond."""

Thing = typing.TypeVar("Thing")


async def yielding(things: Iterable[Thing], each: int = EACH) -> AsyncIterator[Thing]:
    """Yield `things` as they are now, and let others run after every `each` of them."""
    for number, thing in enumerate(list(things), 1):
        yield thing
        if number % each == 0:
            await asyncio.sleep(0)
