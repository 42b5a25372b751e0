"""What managers of this process could not write before they ended: facts, and credentials that venues renewed."""

import asyncio
import logging
import typing
import uuid
from collections.abc import Sequence

from accounts.links.link_info import LinkInfo
from brokers.contract.broker import Credentials
from lib.backoff import delays
from lib.tasks import Tasks
from streaming.facts import Entry
from streaming.ledger.recorder import log_lost
from streaming.links.store import Links

logger = logging.getLogger(__name__)

LAST_S = 1.0
"""How long the end of the process waits once more for renewed credentials to be written."""


class PendingRenewal(typing.NamedTuple):
    """What a venue put in the place of the credentials of a link. The stored ones may be dead already.

    `replaced` are those and, where it did so again before any were written, all between; the first of them is stored.
    """

    link: LinkInfo
    replaced: Sequence[Credentials]
    credentials: Credentials

    def __repr__(self) -> str:
        return f"<Renewal of link {self.link.id}>"


class Unsaved(typing.NamedTuple):
    """What one manager could not write."""

    entries: Sequence[Entry] = ()
    renewals: Sequence[PendingRenewal] = ()


class PendingWrites:
    """Keeps facts for the person's next manager here, and writes renewed credentials as soon as it can, whoever owns
    the person then and opens the link anew. Of each link the newest are kept, of each person what one manager left."""

    def __init__(self, links: Links) -> None:
        self._links = links
        self._tasks = Tasks("leftovers")
        self._entries: dict[int, tuple[int, Sequence[Entry]]] = {}
        """What was not stored of a person, with the newest epoch of theirs that was known to be of this process."""
        self._renewals: dict[int, dict[uuid.UUID, PendingRenewal]] = {}
        self._writing: dict[int, asyncio.Task[None]] = {}

    def __repr__(self) -> str:
        return f"<Leftovers of {len(self._entries)} people, renewals of {len(self._renewals)}>"

    def retain(self, person: int, epoch: int, left: Unsaved) -> None:
        """Keep what the manager that owned `person` in `epoch` (0: nobody did) could not write."""
        if left.entries:
            self._entries[person] = epoch, left.entries
        if left.renewals:
            self._renewals.setdefault(person, {}).update({one.link.id: one for one in left.renewals})
            if person not in self._writing:
                self._writing[person] = self._tasks.start(self._write(person), f"renewals {person}")

    def claimed(self, person: int, epoch: int) -> None:
        """This process owns `person` in `epoch`. If another one did meanwhile, what waited here is not stored any more.

        That one read from the venue what happened, from where the ledger stood, and may have found it in other parts:
        a fill of 10 that was seen here as 3 and 7.
        """
        if person not in self._entries:
            return
        former, entries = self._entries[person]
        if epoch == former + 1:
            self._entries[person] = epoch, entries
        else:
            self.drop(person)

    def pop(self, person: int) -> Sequence[Entry]:
        """Return what was not stored of `person`, for their next manager."""
        return self._entries.pop(person, (0, ()))[1]

    def drop(self, person: int) -> None:
        """Leave it to another owner to read what happened; only the log knows what waited here."""
        log_lost(person, self.pop(person))

    async def written(self, person: int) -> None:
        """Wait until the renewed credentials of `person` are written: whoever opens the former ones is refused."""
        if (writing := self._writing.get(person)) is not None:
            await asyncio.wait([writing])

    async def close(self) -> None:
        """Try for a last while; what is not written then is logged."""
        try:
            await self._tasks.wait(LAST_S)
        finally:
            for person in list(self._entries):
                self.drop(person)
            for person, renewals in self._renewals.items():
                for link in renewals:
                    logger.error("not stored: renewed credentials of link %s of user %s; link it again", link, person)
            await self._tasks.cancel()

    async def _write(self, person: int) -> None:
        waits = delays(first=0.1, cap=1.0)
        renewals = self._renewals[person]
        while renewals:
            id_, renewal = next(iter(renewals.items()))
            try:
                await self._links.renewed(*renewal, afresh=True)
            except Exception as error:  # noqa: BLE001 (whatever it is, nobody else knows them)
                logger.warning("%r is not written: %s; it is tried again", renewal, type(error).__name__)
                await asyncio.sleep(next(waits))
                continue
            if renewals.get(id_) is renewal:
                del renewals[id_]
        del self._renewals[person], self._writing[person]
