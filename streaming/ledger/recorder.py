"""Stores what happened to one person, in order, and announces it once it is stored."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from lib.backoff import delays
from streaming.board.board import Board
from streaming.facts import Entry, Fact
from streaming.ledger.errors import AwayError, FencedError, SinkError
from streaming.ledger.ledger import Ledger

logger = logging.getLogger(__name__)

WAITING = 1_000
"""Entries that wait to be stored, at most; at the bound whoever has one more waits with it, for none is dropped."""
BATCH = 200
"""Entries stored in one transaction, at most."""
FLUSH_S = 3.0
"""How long the end of a manager waits for the database."""


class Recorder:
    """The facts of one person in one epoch, on their way into the ledger and from there onto the board.

    `announced` is called when the board has new facts, `fenced` when the person has another owner.
    """

    def __init__(
        self, person: int, ledger: Ledger, board: Board, announced: Callable[[], None], fenced: Callable[[], None]
    ) -> None:
        self.person = person
        self.ledger = ledger
        self.board = board
        self.epoch = 0
        self.over = False
        """Whether the person has another owner, so that nothing more can be recorded here."""
        self._announced = announced
        self._fenced = fenced
        self._entries: asyncio.Queue[Entry | None] = asyncio.Queue(WAITING)
        self._batch: list[Entry] = []
        self._last: list[Entry] = []
        """What `flush` has yet to take."""
        self._named = 0
        self._behind = False
        self._taken = 0
        """How many entries it ever took, and of these `_done` are stored."""
        self._done = 0
        self._waiters: list[tuple[int, asyncio.Future[None]]] = []
        """Who waits until how many are done."""

    def __repr__(self) -> str:
        return f"<Recorder person={self.person} {self.waiting} waiting, {self.board.head} announced>"

    @property
    def waiting(self) -> int:
        """How many entries wait to be stored."""
        return len(self._batch) + self._entries.qsize()

    async def record(self, entry: Entry) -> None:
        """Take `entry`, to be stored after those before it. Once the person has another owner it is theirs to record.

        One that has no name gets one, so that it is stored once although a database that stored it could not say so.
        """
        await self._entries.put(self._with_name(entry))
        self._taken += 1

    async def stored(self) -> None:
        """Wait until what was taken so far is stored and announced. Once the person has another owner it never is."""
        if self._done < self._taken:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiters.append((self._taken, future))
            await future

    def _count(self, stored: int) -> None:
        self._done += stored
        for number, waiter in self._waiters:
            if number <= self._done and not waiter.done():
                waiter.set_result(None)
        self._waiters = [one for one in self._waiters if not one[1].done()]

    def _with_name(self, entry: Entry) -> Entry:
        if entry.venue_id is not None:
            return entry
        self._named += 1
        return msgspec.structs.replace(entry, venue_id=f"{self.board.epoch}.{self._named}")

    def resume(self, entries: Sequence[Entry]) -> None:
        """Begin with what `flush` of the person's former recorder returned. Call it before `run`."""
        self._batch = list(entries)
        self._taken += len(self._batch)

    def request_lookup(self) -> None:
        """Somebody else may have recorded something of this person: announce it."""
        self._behind = True
        if self._entries.empty():
            self._entries.put_nowait(None)

    async def run(self) -> None:
        """Store and announce what comes, until cancelled; what was not stored by then still waits."""
        try:
            while True:
                await self._start_batch()
                await self._untiring(self._store)
                await self._untiring(self._catch_up)
        except FencedError as error:
            logger.warning("%s; %d entries are left to the new owner", error, self.waiting)
        self.over = True
        self._fenced()
        while True:
            await self._entries.get()  # nobody is to wait for room

    async def flush(self, last: Sequence[Entry] = ()) -> None:
        """Store what still waits, then `last`, as far as the database takes it within FLUSH_S.

        Call it when `run` has ended.
        """
        if self.over:
            return
        self._last = list(last)
        try:
            async with asyncio.timeout(FLUSH_S):
                while self.waiting or self._last:
                    while self._last and not self._entries.full():
                        await self.record(self._last.pop(0))
                    await self._start_batch()
                    await self._untiring(self._store)
        except FencedError as error:
            logger.warning("%s; %d entries are left to the new owner", error, self.waiting)
            self.over = True
        except TimeoutError:
            logger.info("%r: the database did not take it in time", self)

    def left(self, last: Sequence[Entry] = ()) -> list[Entry]:
        """Take out what was not stored, and `last`. Call it when `run` has ended, and `flush` if it was called."""
        if self.over:
            return []
        entries, self._batch = self._batch, []
        while not self._entries.empty():
            entries += [entry for entry in [self._entries.get_nowait()] if entry is not None]
        remaining, self._last = [*self._last, *last], []
        return entries + [self._with_name(entry) for entry in remaining]

    async def _start_batch(self) -> None:
        """Take what waits, up to a batch, unless there is one already."""
        if self._batch:
            return
        taken = [await self._entries.get()]
        while len(taken) < BATCH and not self._entries.empty():
            taken.append(self._entries.get_nowait())
        self._batch = [entry for entry in taken if entry is not None]

    async def _untiring(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do `work`, again and again while the database is away or a sink fails."""
        waits = delays(first=0.1, cap=5.0)
        while True:
            try:
                return await work()
            except AwayError as error:
                logger.warning("%r: %s; it is tried again", self, error)
            except SinkError:
                logger.exception("%r: it is tried again", self)
            self._behind = True  # it may be stored although nobody could say so
            self.ledger.retried += 1
            await asyncio.sleep(next(waits))

    async def _store(self) -> None:
        if self._batch:
            stored = await self.ledger.record(self.person, self.epoch, self._batch)
            taken, self._batch = len(self._batch), []
            self._behind = self._behind or (bool(stored) and stored[0].number != self.board.head + 1)
            if not self._behind:
                self._announce(stored)
            self._count(taken)

    async def _catch_up(self) -> None:
        """Announce what is stored and was not announced: by somebody else, or before an answer was lost."""
        while self._behind:
            self._behind = False
            while stored := await self.ledger.page(self.person, self.board.head):
                self._announce(stored)

    def _announce(self, stored: Sequence[Fact]) -> None:
        for fact in stored:
            self.board.announce(fact.item)
        if stored:
            self._announced()


def log_lost(person: int, entries: Sequence[Entry]) -> None:
    """Write down what never got into the ledger: from here on only the log knows it."""
    for entry in entries:
        logger.error("not stored: %s at %d of link %s of user %s", entry.kind, entry.at, entry.link, person)
