"""Writes down how a person's links fare: the newest of each, when the database takes it."""

import asyncio
import datetime
import uuid

from accounts.links.link_info import LinkInfo
from brokers.contract.broker import Credentials
from streaming.links.store import Links
from streaming.manager.pending_writes import PendingRenewal


class LinkStatusWriter:
    """What is to be written of the links of one person. Older news that was not written yet is of no use to anybody."""

    def __init__(self, links: Links) -> None:
        self._links = links
        self._states: dict[uuid.UUID, tuple[LinkInfo, str, str, bool | None]] = {}
        self._refreshed: dict[uuid.UUID, int] = {}
        self._renewed: dict[uuid.UUID, PendingRenewal] = {}
        self._news = asyncio.Event()

    def __repr__(self) -> str:
        return f"<Logbook {len(self._states)} states, {len(self._renewed)} renewals to write>"

    def note_state(self, link: LinkInfo, state: str, reason: str = "", delayed: bool | None = None) -> None:
        """A link is in `state`. `delayed` None leaves what is known."""
        self._states[link.id] = (link, state, reason, delayed)
        self._news.set()

    def forget_states(self) -> None:
        """It is for somebody else to say how the links fare."""
        self._states.clear()

    def note_refresh(self, link: uuid.UUID, at: int) -> None:
        """An access token was refreshed at `at` (ms)."""
        self._refreshed[link] = at
        self._news.set()

    def note_renewal(self, link: LinkInfo, former: Credentials, credentials: Credentials) -> None:
        """The venue put other credentials in the place of a link's `former` ones: those may be dead already."""
        unwritten = self._renewed.get(link.id)
        self._renewed[link.id] = PendingRenewal(link, (*(unwritten.replaced if unwritten else ()), former), credentials)
        self._news.set()

    @property
    def unwritten(self) -> list[PendingRenewal]:
        """The renewals that were not written yet."""
        return list(self._renewed.values())

    async def run(self) -> None:
        """Write what comes, until cancelled."""
        while True:
            await self.write()
            await self._news.wait()
            self._news.clear()

    async def write(self, *, lost: bool = False) -> None:
        """Write all there is. What could not be written, because of whatever this raises, is kept.

        `lost`: another owner of the person may have opened a link with what was stored until now, and opens it anew.
        """
        while self._renewed:
            id_, renewal = next(iter(self._renewed.items()))
            await self._links.renewed(*renewal, afresh=lost)
            if self._renewed.get(id_) is renewal:
                del self._renewed[id_]
        while self._states:
            id_, news = next(iter(self._states.items()))
            await self._links.record(*news)
            if self._states.get(id_) is news:
                del self._states[id_]
        while self._refreshed:
            link, at = next(iter(self._refreshed.items()))
            await self._links.refreshed(link, datetime.datetime.fromtimestamp(at / 1000, datetime.UTC))
            if self._refreshed.get(link) == at:
                del self._refreshed[link]
