"""The ledger: stores facts before anybody is told of them, numbers them, and reads them back.

It has two threads with a database connection of their own, one that writes and one that reads, so that neither waits
for a page that is being made, nor the event loop for either. Whatever waits to be stored is stored in one
transaction: a disk that syncs slowly makes groups larger, not the queue longer.
"""

import asyncio
import datetime
import operator
import typing
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor

from django.db import Error, connection, connections

from lib.batching import Batcher
from lib.tasks import Tasks
from streaming.db_connection import Database, connect
from streaming.facts import Entry, Fact
from streaming.ledger import store
from streaming.ledger.errors import AwayError, FencedError, LedgerError, SinkError
from streaming.ledger.sinks import Sink
from streaming.ledger.store import Job
from streaming.ownership import rows
from streaming.ownership.rows import Claim, HostRow, OwnedPerson, Owner

__all__ = ["PAGE", "AwayError", "Database", "FencedError", "Ledger", "LedgerError", "SinkError"]

PAGE = 200
GROUP = 64
"""Jobs stored in one transaction, at most; those beyond wait for the next one."""

Result = typing.TypeVar("Result")


class Ledger:
    """The ledger as one event loop uses it. `sinks` see every fact inside the transaction that stores it.

    Facts are kept for ever. Methods raise AwayError while the database does not do its work.
    """

    def __init__(self, sinks: Sequence[Sink] = (), database: Database | None = None) -> None:
        settings = database or connections.settings["default"]
        self._sinks = sinks
        self._writer = _thread("ledger-writer", settings)
        self._reader = _thread("ledger-reader", settings)
        self._tasks = Tasks("ledger")
        # In one order everywhere, so that no two writers wait for each other in a ring.
        by_person = operator.attrgetter("person")
        self._recording: Batcher[Job, list[Fact]] = Batcher(self._record, by_person, GROUP, self._tasks, "record")
        self._claiming: Batcher[Claim, int | None] = Batcher(self._claim, by_person, GROUP, self._tasks, "claim")
        self._releasing: Batcher[OwnedPerson, bool] = Batcher(self._release, by_person, GROUP, self._tasks, "release")
        self._recalling: Batcher[int, list[Fact]] = Batcher(self._recall, int, GROUP, self._tasks, "recall")
        self.stored = 0
        """Facts that were stored."""
        self.retried = 0
        """Times that storing was tried again."""

    def __repr__(self) -> str:
        return f"<Ledger {len(self._recording)} waiting>"

    async def claim(self, person: int, host: str) -> int | None:
        """Make `host` the owner of `person`: return the new epoch. Whoever owned them is fenced from now on.

        None while another live host owns them.
        """
        return await self._claiming.submit(Claim(person, host))

    async def release(self, person: int, host: str, epoch: int) -> bool:
        """Hand `person` back, if `host` owns them in `epoch`. Returns whether it did."""
        return await self._releasing.submit(OwnedPerson(person, host, epoch))

    async def owner(self, person: int) -> Owner | None:
        """Return who owns `person`; None where nobody does."""
        return await _run(self._reader, rows.owner, person)

    async def owners(self, people: Collection[int]) -> dict[int, Owner]:
        """Return who owns each of `people`, without those whom nobody owns."""
        return await _run(self._reader, rows.owners, people)

    async def hosts(self) -> list[HostRow]:
        """Return every host whose row was not ended."""
        return await _run(self._reader, rows.hosts)

    async def orphans(self) -> list[int]:
        """Return people who are to be watched without a socket and have no live owner."""
        return await _run(self._reader, rows.orphans)

    async def watch_until(self, person: int, until: datetime.datetime) -> None:
        """Have `person` watched until then (aware) although no socket shows them; say so again in time."""
        await _run(self._writer, rows.watch_until, person, until)

    async def head(self, person: int) -> int:
        """Return the number of the newest fact of `person`; 0 when there is none."""
        return await _run(self._reader, store.head, person)

    async def page(self, person: int, after: int, limit: int = PAGE) -> list[Fact]:
        """Return the facts of `person` numbered above `after`, the oldest first, at most `limit`."""
        return await _run(self._reader, store.page, person, after, limit)

    async def newest(self, person: int | None, limit: int = PAGE) -> list[Fact]:
        """Return the newest facts of `person`, or of everybody (None), the newest first."""
        return await _run(self._reader, store.newest, person, limit)

    async def cursors(self, person: int) -> dict[str, dict[str, str]]:
        """Return the cursors of each link of `person`, as the facts that are stored moved them."""
        return await _run(self._reader, store.cursors, person)

    async def read(self, work: Callable[..., Result], *values: typing.Any) -> Result:
        """Do `work(*values)`, which reads, in the reader's thread, on its connection."""
        return await _run(self._reader, work, *values)

    async def write(self, work: Callable[..., Result], *values: typing.Any) -> Result:
        """Do `work(*values)`, which writes what is not a fact, in the writer's thread, on its connection."""
        return await _run(self._writer, work, *values)

    async def recent(self, person: int) -> list[Fact]:
        """Return the newest few facts of `person`, the newest first. Those of many are read together."""
        return await self._recalling.submit(person)

    async def record(self, person: int, epoch: int, entries: Sequence[Entry]) -> list[Fact]:
        """Store `entries` in their order, all or none, and return them as facts, without those known already.

        Raises FencedError when `epoch` is over, SinkError when a sink failed. A caller that is cancelled does not
        know whether they are stored; recorded again, those with a venue_id are recognised.
        """
        return await self._recording.submit(Job(person, epoch, entries))

    async def _record(self, jobs: list[Job]) -> Sequence[list[Fact] | Exception]:
        outcomes = await _run(self._writer, store.store, jobs, self._sinks)
        self.stored += sum(len(outcome) for outcome in outcomes if isinstance(outcome, list))
        return outcomes

    async def _recall(self, people: list[int]) -> Sequence[list[Fact]]:
        found = await _run(self._reader, store.recent, people)
        return [found[person] for person in people]

    async def _claim(self, claims: list[Claim]) -> Sequence[int | Exception | None]:
        outcomes = await _run(self._writer, rows.claim_each, claims)
        return [_away(outcome) if isinstance(outcome, Error) else outcome for outcome in outcomes]

    async def _release(self, holdings: list[OwnedPerson]) -> Sequence[bool]:
        return await _run(self._writer, rows.release_each, holdings)

    async def close(self) -> None:
        """Let what is being stored be stored, then close both connections."""
        for groups in (self._recording, self._claiming, self._releasing, self._recalling):
            await groups.rest()
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
        raise _away(error) from error


def _away(error: Error) -> AwayError:
    return AwayError(f"the database did not do it: {str(error).partition(chr(10))[0]}")


def _close() -> None:
    connection.close()  # asked for here, or it would be the caller's


def _thread(name: str, settings: Database) -> ThreadPoolExecutor:
    """Return a thread that has a connection of its own to the database of `settings`, and no share in a pool."""
    return ThreadPoolExecutor(1, name, initializer=connect, initargs=(settings,))
