"""Reads who owns whom: of many people at a time, one question under way, asked again while the database is away."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping

from lib.tasks import Tasks
from streaming.ledger.errors import LedgerError
from streaming.ownership.rows import Owner

logger = logging.getLogger(__name__)

TOGETHER = 200
"""People whose rows are read together, at most."""
AGAIN_S = 0.5
"""How soon the database is asked again that did not answer."""

Read = Callable[[Collection[int]], Awaitable[Mapping[int, Owner]]]
"""Reads the rows of people; who was never owned, or was handed back, is missing. Raises LedgerError."""


class OwnerLookup:
    """`found` is called with each person that was looked for and their row. While one waits, nobody asks twice."""

    def __init__(self, read: Read, found: Callable[[int, Owner | None], None]) -> None:
        self.looks = 0
        """Rows that were read."""
        self._read = read
        self._found = found
        self._waiting: dict[int, None] = {}
        self._news = asyncio.Event()
        self._tasks = Tasks("looking")

    def __repr__(self) -> str:
        return f"<Looking for {len(self._waiting)}>"

    @property
    def deaths(self) -> int:
        """How many of its tasks died of an error."""
        return self._tasks.deaths

    def start(self) -> None:
        """Begin to read."""
        self._tasks.supervise(self._run, "read")

    async def close(self) -> None:
        """Read nothing more."""
        await self._tasks.cancel()

    def request_lookup(self, person: int) -> None:
        """Have the row of `person` read; one that is being read now is read again."""
        self._waiting[person] = None
        self._news.set()

    async def _run(self) -> None:
        away = False
        while True:
            await self._news.wait()
            people = list(self._waiting)[:TOGETHER]
            for person in people:
                del self._waiting[person]
            try:
                rows = await self._read(people)
            except LedgerError as error:
                if not away:
                    logger.warning("it cannot be read who owns whom: %s; it is tried again", error)
                away = True
                self._waiting = dict.fromkeys(people) | self._waiting
                await asyncio.sleep(AGAIN_S)
                continue
            away = False
            if not self._waiting:
                self._news.clear()
            self.looks += len(people)
            for person in people:
                self._found(person, rows.get(person))
