"""Has people watched in regular hours who follow signals: nobody else runs for them while no page is open."""

import asyncio
import logging
import typing

from lib.clock import now_ms
from signals import owner_store
from signals.learner.schedule import sitting
from streaming.ledger.ledger import Ledger, LedgerError

logger = logging.getLogger(__name__)

EVERY_S = 15.0
"""How often people are said to be watched: well within the time that holds."""
EARLY_MS = 60_000
"""How long before the session begins: features are worked out by its first bar."""


class WakerRuntime(typing.Protocol):
    """What this needs of a process's runtime."""

    ledger: Ledger


class SignalWaker:
    """Runs in each process that takes people."""

    def __init__(self, runtime: WakerRuntime) -> None:
        self._ledger = runtime.ledger

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            now = now_ms()
            if sitting(now).opens - EARLY_MS <= now:
                try:
                    people = await self._ledger.read(owner_store.read_followers)
                    if people:
                        await self._ledger.write(owner_store.watch_all, people)
                except LedgerError as error:
                    logger.info("it cannot be read now who follows signals: %s", error)
            await asyncio.sleep(EVERY_S)
