"""Deletes conversations 90 days after their newest turn."""

import asyncio
import logging

from channels.db import database_sync_to_async
from django.db import DatabaseError
from django.utils import timezone

from assistant.chat.conversations import store, usage
from streaming.runtime import Runtime

logger = logging.getLogger(__name__)

LOOK_S = 3_600.0
"""How often conversations that are too old are deleted."""


class ConversationPruner:
    """Deletes old conversations, in each process that takes people."""

    def __init__(self, found: Runtime) -> None:
        self._prune = database_sync_to_async(_prune, thread_sensitive=False)

    async def run(self) -> None:
        """Delete until cancelled."""
        while True:
            try:
                while await self._prune():
                    pass  # others write in between
            except DatabaseError as error:
                logger.warning("conversations cannot be deleted now: %s", type(error).__name__)
            await asyncio.sleep(LOOK_S)


def _prune() -> int:
    now = timezone.now()
    usage.prune_usage((now - store.KEPT).date())
    return store.prune_conversations(now)
