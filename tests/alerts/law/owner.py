"""A process that owns people, in virtual time: it can be killed, and then nothing of it ends in good order."""

import asyncio
import concurrent.futures
import contextlib
import threading
import typing
from collections.abc import Sequence

from django.db import connection

from alerts.watch.sink import settle
from alerts.watch.waker import AlertWaker
from alerts.watch.watcher import AlertWatcher
from lib.tasks import Tasks
from streaming.db_connection import connect
from streaming.host.host import Host
from streaming.ledger.ledger import Database, Ledger
from streaming.ledger.sinks import Sink
from streaming.limits import Limits
from streaming.links.store import Links
from streaming.manager.extensions import Begin
from streaming.ownership.lease import Lease


def _close() -> None:
    connection.close()  # asked for here, or it would be the caller's


class _Due(threading.Event):
    """What a lease is called by, also where it waits on an event loop."""

    def __init__(self) -> None:
        super().__init__()
        self._loop = asyncio.get_running_loop()
        self._called = asyncio.Event()

    def set(self) -> None:
        super().set()
        self._loop.call_soon_threadsafe(self._called.set)

    async def called(self, within_s: float) -> None:
        """Wait until it is set, or for so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._called.wait()
        self._called.clear()


class LeaseTask:
    """Renews a lease on the event loop, in place of its thread, which would keep the real clock."""

    ident = 1

    def __init__(self, lease: Lease) -> None:
        self._lease = lease
        self._due = lease._due = _Due()
        self._thread = concurrent.futures.ThreadPoolExecutor(1, "lease", connect, (lease._database,))
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.ensure_future(self._run())

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while not self._lease._over:
            await self._due.called(await loop.run_in_executor(self._thread, self._lease.beat))

    def join(self, timeout: float | None = None) -> None:
        """End the row; called from another thread."""
        self._thread.submit(self._lease._release).result(timeout)
        self._thread.submit(_close).result(timeout)

    async def die(self) -> None:
        """Renew no more, and leave the row."""
        self._lease._over = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        await asyncio.get_running_loop().run_in_executor(self._thread, _close)


class Owner:
    """One process with the real host, managers, ledger and lease, and with watchers of alerts and their waker.

    `sinks`, `companions` and `services` are those of others instead.
    """

    def __init__(
        self,
        links: Links,
        database: Database,
        limits: Limits,
        *,
        sinks: Sequence[Sink] = (settle,),
        companions: Sequence[Begin] = (AlertWatcher,),
        services: Sequence[typing.Callable[[typing.Any], typing.Any]] = (AlertWaker,),
    ) -> None:
        self.ledger = Ledger(sinks, database)
        self.lease = Lease("test", lease_s=limits.lease_s, database=database)
        self._renewing = LeaseTask(self.lease)
        self.lease._thread = typing.cast(typing.Any, self._renewing)
        self.host = Host(links, limits, self.ledger, self.lease, companions=companions)
        self.host.start()
        self._services = Tasks("services")
        for service in services:
            self._services.supervise(service(self).run, service.__name__)

    def owns(self, person: int) -> bool:
        managed = self.host.people.get(person)
        return managed is not None and managed.owned

    async def drain(self) -> None:
        """End in good order: people are handed back."""
        await self.host.stop()
        await self._services.cancel()
        await self.ledger.close()

    async def die(self) -> None:
        """End as a process does that is killed: what it has not stored by now is lost, and nobody is handed back."""
        everything = [self.host.tasks, self.ledger._tasks, self._services]
        everything += [managed.manager._tasks for managed in self.host.people.values()]
        for task in [task for tasks in everything for task in tasks._tasks]:
            task.cancel()
        await asyncio.gather(self._renewing.die(), *(tasks.cancel() for tasks in everything))
        for thread in (self.ledger._writer, self.ledger._reader):
            await asyncio.get_running_loop().run_in_executor(thread, _close)
            thread.shutdown(wait=False)
