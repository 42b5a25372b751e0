"""Keeps what a person's board knows while their streams run, and once more when they end."""

import asyncio
import contextlib
import logging
import random

from brokers.contract.errors import NotOwner
from brokers.contract.events import Event, Slot
from streaming.bus.messages import ListAdvance
from streaming.last_known import store
from streaming.last_known.slots import KEPT
from streaming.ledger.errors import LedgerError
from streaming.limits import limits
from streaming.manager.extensions import Extension, ExtensionHost

logger = logging.getLogger(__name__)

FIRST = 6
"""The first time comes after this part of the interval: a page that was opened for a moment is worth keeping."""
END_S = 1.0
"""How long the end of the streams waits for the database."""


class LastKnownKeeper(Extension):
    """Writes the board of one person to their row, once an interval (`last_known_s`) and at the end.

    A process that is killed loses at most one interval. It writes nothing while nothing changed.
    """

    sees: frozenset[type[Event]] = frozenset()

    def __init__(self, desk: ExtensionHost) -> None:
        self._desk = desk
        self._saved = 0

    def on_event(self, event: Event, origin: str) -> None:
        """It sees nothing: the board has the newest."""

    def on_settings_changed(self) -> None:
        """Links that are gone are left out when the next writing asks for them."""

    def on_list_advanced(self, message: ListAdvance) -> None:
        """Lists are stored where they grow."""

    async def run(self) -> None:
        """Save until cancelled, then a last time."""
        pause_s = limits().last_known_s
        try:
            await asyncio.sleep(pause_s / FIRST)
            while True:
                await self.save()
                await asyncio.sleep(pause_s * random.uniform(0.8, 1.2))  # people do not write all at once
        finally:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(END_S):
                    await self.save()

    async def save(self) -> None:
        """Save what changed since the last time, if this process still owns the person."""
        board = self._desk.board
        if board.changes == self._saved:
            return
        try:
            self._desk.guard()
        except NotOwner:
            return
        changes = board.changes
        items = board.since(0, _is_kept).items
        try:
            await self._desk.ledger.write(store.save, self._desk.person, items)
        except LedgerError as error:
            logger.warning("what is known of user %s is not kept: %s", self._desk.person, error)
            return
        self._saved = changes


def _is_kept(slot: Slot) -> bool:
    return slot[0] in KEPT
