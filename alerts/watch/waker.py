"""Has people watched whose alerts wait for a session that begins: nobody else runs for them at night.

Who is watched already has it said again by whoever watches them: nothing is written of them here.
"""

import asyncio
import logging
import typing

from alerts import store
from streaming.ledger.ledger import Ledger, LedgerError

logger = logging.getLogger(__name__)

EVERY_S = 10.0
"""How often it is looked who has to be watched."""
AT_ONCE = 200


class WakerRuntime(typing.Protocol):
    """What this needs of a process's runtime."""

    ledger: Ledger


class AlertWaker:
    """Runs in each process that takes people."""

    def __init__(self, runtime: WakerRuntime) -> None:
        self._ledger = runtime.ledger

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                people = await self._ledger.read(store.people_to_wake, AT_ONCE)
                if people:
                    await self._ledger.write(store.wake, people)
            except LedgerError as error:
                logger.info("it cannot be read now whose alerts wait: %s", error)
            await asyncio.sleep(EVERY_S)
