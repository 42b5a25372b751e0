"""The ledger: stores facts before anybody is told of them, numbers them, and reads them back.

It has two threads with a database connection of their own, one that writes and one that reads, so that neither waits
for a page that is being made, nor the event loop for either. Whatever waits to be stored is stored in one
transaction: a disk that syncs slowly makes groups larger, not the queue longer.
"""

import asyncio
import datetime
import typing
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor

from django.db import Error, connection, connections

from streaming import stored_facts, stored_ownership
from streaming.facts import Entry, Fact
from streaming.own_connection import Database, connect
from streaming.sinks import Sink
from streaming.stored_facts import AwayError, FencedError, Job, LedgerError, SinkError
from streaming.stored_ownership import Owner
from streaming.tasks import Tasks

__all__ = ["PAGE", "AwayError", "Database", "FencedError", "Ledger", "LedgerError", "SinkError"]

PAGE = 200
GROUP = 64
"""Jobs stored in one transaction, at most; those beyond wait for the next one."""

Result = typing.TypeVar("Result")
Waiting = tuple[Job, "asyncio.Future[list[Fact]]"]


class Ledger:
    """The ledger as one event loop uses it. `sinks` see every fact inside the transaction that stores it.

    Facts are kept for ever. Methods raise AwayError while the database does not do its work. Each caller waits for
    its own entries, so what waits here is bounded by those who record.
    """

    def __init__(self, sinks: Sequence[Sink] = (), database: Database | None = None) -> None:
        settings = database or connections.settings["default"]
        self._sinks = sinks
        self._writer = _thread("ledger-writer", settings)
        self._reader = _thread("ledger-reader", settings)
        self._tasks = Tasks("ledger")
        self._waiting: list[Waiting] = []
        self.stored = 0
        """Facts that were stored."""
        self.retried = 0
        """Times that storing was tried again."""
        self._writing: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return f"<Ledger {len(self._waiting)} waiting>"

    async def claim(self, person: int, host: str) -> int | None:
        """Make `host` the owner of `person`: return the new epoch. Whoever owned them is fenced from now on.

        None while another live host owns them.
        """
        return await _run(self._writer, stored_ownership.claim, person, host)

    async def release(self, person: int, host: str, epoch: int) -> bool:
        """Hand `person` back, if `host` owns them in `epoch`. Returns whether it did."""
        return await _run(self._writer, stored_ownership.release, person, host, epoch)

    async def owner(self, person: int) -> Owner | None:
        """Return who owns `person`; None where nobody does."""
        return await _run(self._reader, stored_ownership.owner, person)

    async def owners(self, people: Collection[int]) -> dict[int, Owner]:
        """Return who owns each of `people`, without those whom nobody owns."""
        return await _run(self._reader, stored_ownership.owners, people)

    async def orphans(self) -> list[int]:
        """Return people who are to be watched without a socket and have no live owner."""
        return await _run(self._reader, stored_ownership.orphans)

    async def watch_until(self, person: int, until: datetime.datetime) -> None:
        """Have `person` watched until then (aware) although no socket shows them; say so again in time."""
        await _run(self._writer, stored_ownership.watch_until, person, until)

    async def head(self, person: int) -> int:
        """Return the number of the newest fact of `person`; 0 when there is none."""
        return await _run(self._reader, stored_facts.head, person)

    async def page(self, person: int, after: int, limit: int = PAGE) -> list[Fact]:
        """Return the facts of `person` numbered above `after`, the oldest first, at most `limit`."""
        return await _run(self._reader, stored_facts.page, person, after, limit)

    async def newest(self, person: int | None, limit: int = PAGE) -> list[Fact]:
        """Return the newest facts of `person`, or of everybody (None), the newest first."""
        return await _run(self._reader, stored_facts.newest, person, limit)

    async def record(self, person: int, epoch: int, entries: Sequence[Entry]) -> list[Fact]:
        """Store `entries` in their order, all or none, and return them as facts, without those known already.

        Raises FencedError when `epoch` is over, SinkError when a sink failed. A caller that is cancelled does not
        know whether they are stored; recorded again, those with a venue_id are recognised.
        """
        stored: asyncio.Future[list[Fact]] = asyncio.get_running_loop().create_future()
        self._waiting.append((Job(person, epoch, entries), stored))
        if self._writing is None:
            self._writing = self._tasks.start(self._write(), "write")
        return await stored

    async def _write(self) -> None:
        """Store what waits, group by group, until nothing does."""
        try:
            while self._waiting:
                group = [waiting for waiting in self._waiting[:GROUP] if not waiting[1].done()]
                del self._waiting[:GROUP]
                await self._store(group)
        finally:
            self._writing = None

    async def _store(self, group: list[Waiting]) -> None:
        """Store one group, and tell each of those who wait for it."""
        outcomes: Sequence[list[Fact] | Exception]
        group.sort(key=lambda waiting: waiting[0].person)  # one order everywhere, so that no two writers wait in a ring
        try:
            outcomes = await _run(self._writer, stored_facts.store, [job for job, _ in group], self._sinks)
        except Exception as error:  # noqa: BLE001 (theirs, who wait for it)
            outcomes = [error] * len(group)
        self.stored += sum(len(outcome) for outcome in outcomes if isinstance(outcome, list))
        for (_, stored), outcome in zip(group, outcomes, strict=True):
            if stored.done():
                continue
            if isinstance(outcome, Exception):
                stored.set_exception(outcome)
            else:
                stored.set_result(outcome)

    async def close(self) -> None:
        """Let what is being stored be stored, then close both connections."""
        if self._writing is not None:
            await asyncio.wait([self._writing])
        for thread in (self._writer, self._reader):
            await asyncio.get_running_loop().run_in_executor(thread, _close)
            thread.shutdown(wait=False)


async def _run(thread: ThreadPoolExecutor, work: Callable[..., Result], *values: typing.Any) -> Result:
    return await asyncio.get_running_loop().run_in_executor(thread, _guarded, work, *values)


def _guarded(work: Callable[..., Result], *values: typing.Any) -> Result:
    """Do `work` on this thread's connection; one that failed is not used again. Raises AwayError."""
    connection.close_if_unusable_or_obsolete()
    try:
        return work(*values)
    except Error as error:
        connection.close()
        raise AwayError(f"the database did not do it: {str(error).partition(chr(10))[0]}") from error


def _close() -> None:
    connection.close()  # asked for here, or it would be the caller's


def _thread(name: str, settings: Database) -> ThreadPoolExecutor:
    """Return a thread that has a connection of its own to the database of `settings`, and no share in a pool."""
    return ThreadPoolExecutor(1, name, initializer=connect, initargs=(settings,))
