"""The desk's own sources: run by one process of the desk, followed by another within 20 s when that one is gone."""

import asyncio
import logging
import typing
from collections.abc import Callable, Sequence

from lib.clock import now_ms
from news.models import NewsList
from news.owner.links import desk_specs, forget_unset_keys
from news.owner.runner import SourceSpec
from news.owner.sources import Sources
from news.store.ownership import claim_desk, release_desk
from news.store.writer import DESK, Term, drop_old
from streaming.bus.messages import ListAdvance
from streaming.ledger.ledger import Ledger, LedgerError
from streaming.limits import limits
from streaming.ownership.lease import Lease

logger = logging.getLogger(__name__)

CLAIM_S = 2.0
"""How often a process that does not run the sources looks whether somebody does."""
RELOAD_S = 5.0
"""How often the owner looks whether sources were added or removed."""
LEASE_LOOK_S = 0.5
"""How often the owner looks whether its process may still own anything."""
TIDY_S = 3_600.0
"""How often items are dropped that are older than 90 days, or whose key is not set any more."""


class DeskRuntime(typing.Protocol):
    """What this needs of a process's runtime."""

    ledger: Ledger
    lease: Lease

    def publish_list(self, message: ListAdvance) -> None:
        """Announce a change of a list."""


class DeskNews:
    """Claims the desk's sources when nobody has them, and runs them as long as this process may."""

    def __init__(self, runtime: DeskRuntime, specs: Callable[[], Sequence[SourceSpec]] = desk_specs) -> None:
        self._runtime = runtime
        self._specs = specs
        self._limits = limits()
        self.sources: Sources | None = None

    def __repr__(self) -> str:
        return f"<DeskNews {self.sources or 'elsewhere'}>"

    async def run(self) -> None:
        """Run until cancelled."""
        while True:
            term = await self._claim()
            if term is not None:
                await self._own(term)
            await asyncio.sleep(CLAIM_S)

    async def _claim(self) -> Term | None:
        lease = self._runtime.lease
        if not lease.good():
            return None
        try:
            return await self._runtime.ledger.write(claim_desk, lease.host)
        except LedgerError as error:
            logger.info("the desk's news cannot be claimed now: %s", error)
            return None

    async def _own(self, term: Term) -> None:
        """Run the sources until this process may not any more, or another one does."""
        sources = self.sources = Sources(term, self._runtime.ledger, self._runtime.publish_list)
        logger.info("this process runs the desk's news in epoch %d", term.epoch)
        try:
            sources.start(await self._runtime.ledger.read(_version))
            async with asyncio.timeout(None) as tenure:
                tasks = [
                    self._reload(sources),
                    self._remind(sources),
                    self._tidy(sources),
                    self._watch(term, sources, tenure),
                ]
                await asyncio.gather(*tasks)
        except TimeoutError:
            logger.warning("this process does not run the desk's news any more")
        except LedgerError as error:
            logger.warning("the desk's news ends here: %s", error)
        finally:
            self.sources = None
            await asyncio.shield(self._end(term, sources))

    async def _end(self, term: Term, sources: Sources) -> None:
        await sources.stop()
        try:
            await self._runtime.ledger.write(release_desk, term)
        except LedgerError as error:
            logger.info("the desk's news stays claimed until the lease is over: %s", error)

    async def _watch(self, term: Term, sources: Sources, tenure: asyncio.Timeout) -> None:
        """End the tenure when the lease lapsed, or somebody else claimed the list."""
        lease = self._runtime.lease
        while lease.good_for(term.host) and not sources.lost.is_set():
            try:
                async with asyncio.timeout(LEASE_LOOK_S):
                    await sources.lost.wait()
            except TimeoutError:
                continue
        tenure.reschedule(asyncio.get_running_loop().time())

    async def _reload(self, sources: Sources) -> None:
        while True:
            try:
                sources.follow(await self._runtime.ledger.read(self._specs))
            except LedgerError as error:
                logger.info("the desk's sources cannot be read now: %s", error)
            await asyncio.sleep(RELOAD_S)

    async def _remind(self, sources: Sources) -> None:
        while True:
            await asyncio.sleep(self._limits.beacon_s)
            sources.remind()
            sources.review()

    async def _tidy(self, sources: Sources) -> None:
        while True:
            try:
                if await self._runtime.ledger.write(forget_unset_keys):
                    sources.forget_stories()
                dropped = await self._runtime.ledger.write(drop_old, now_ms())
                if dropped:
                    logger.info("%d news items were older than 90 days", dropped)
            except LedgerError as error:
                logger.info("old news cannot be dropped now: %s", error)
            await asyncio.sleep(TIDY_S)


def _version() -> int:
    return NewsList.objects.get(owner=DESK).version
