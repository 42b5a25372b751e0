"""A person's own sources, run by the process that owns the person, while it does."""

import asyncio
import contextlib
import logging
import typing
from collections.abc import Mapping

from brokers.contract.events import Event
from news.models import NewsList
from news.owner.links import own_specs
from news.owner.sources import Sources
from news.store.writer import Term
from streaming.ledger.ledger import LedgerError
from streaming.limits import limits
from streaming.manager.extensions import Extension, ExtensionHost, RpcHandler
from streaming.ownership.lease import OwnershipTerm

logger = logging.getLogger(__name__)


class PersonalNews(Extension):
    """Runs the sources that one person linked."""

    sees: frozenset[type[Event]] = frozenset()
    finders: Mapping[str, RpcHandler] = {}

    def __init__(self, desk: typing.Any) -> None:
        self._desk: ExtensionHost = desk
        self._changed = asyncio.Event()
        self._is_known = False
        """Whether it could be read what is linked."""

    def __repr__(self) -> str:
        return f"<PersonalNews of person {self._desk.person}>"

    def on_event(self, event: Event, origin: str) -> None:
        """See nothing: prices are not news."""

    def on_settings_changed(self) -> None:
        """Look at once what is linked now."""
        self._changed.set()

    async def run(self) -> None:
        """Run until cancelled. Somebody without sources of their own costs nothing after the first look."""
        sources: Sources | None = None
        try:
            while True:
                self._changed.clear()
                sources = await self._follow(sources)
                if sources is None and self._is_known:
                    await self._changed.wait()
                    continue
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), limits().beacon_s)
                if sources is not None:
                    sources.remind()
                    sources.review()
        finally:
            if sources is not None:
                await asyncio.shield(sources.stop())

    async def _follow(self, sources: Sources | None) -> Sources | None:
        """Run what the person linked by now; return what runs, None where nothing is linked."""
        guard, ledger = self._desk.guard, self._desk.ledger
        self._is_known = False
        if not isinstance(guard, OwnershipTerm):
            return None
        try:
            wanted = await ledger.read(own_specs, self._desk.person)
            self._is_known = True
            if not wanted and sources is None:
                return None
            if sources is None:
                term = Term(self._desk.person, guard.host, guard.epoch)
                sources = Sources(term, ledger, self._desk.announce)
                sources.start(await ledger.read(_version, self._desk.person))
            sources.follow(wanted)
            await sources.fold()
        except LedgerError as error:
            logger.info("the news sources of person %d cannot be read now: %s", self._desk.person, error)
        return sources


def _version(person: int) -> int:
    row = NewsList.objects.filter(owner=person).first()
    return row.version if row else 0
