"""Has people watched for whom something waits that no page of theirs shows: else nobody would run for them.

Who is watched already has that said again by whoever watches them: nothing is written of them here.
"""

import abc
import asyncio
import datetime
import logging
import typing

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from streaming.ledger.ledger import Ledger, LedgerError
from streaming.ownership import rows

logger = logging.getLogger(__name__)

EVERY_S = 10.0
"""How often it is looked who has to be watched."""
AT_ONCE = 200
"""How many people one transaction has watched."""


class WakerRuntime(typing.Protocol):
    """What this needs of a process's runtime."""

    ledger: Ledger


class PersonWaker(abc.ABC):
    """Looks for people with one reason to be watched, in each process that takes people."""

    reason: typing.ClassVar[str]
    """Whom it looks for, for the log: "whose alerts wait"."""

    def __init__(self, runtime: WakerRuntime) -> None:
        self._ledger = runtime.ledger

    @abc.abstractmethod
    def waiting(self) -> QuerySet[User]:
        """Return whom somebody has to watch now. Called where queries may be made."""

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                while people := await self._ledger.read(self.find_unwatched):
                    await self._ledger.write(rows.watch, *people)
            except LedgerError as error:
                logger.info("it cannot be read now %s: %s", self.reason, error)
            await asyncio.sleep(EVERY_S)

    def find_unwatched(self) -> list[int]:
        """Return who waits and is not watched for half of WATCH_S yet; whoever is by then is not among the next."""
        ends = timezone.now() + datetime.timedelta(seconds=rows.WATCH_S / 2)
        people = self.waiting().filter(is_active=True).exclude(ownership__wanted_until__gt=ends)
        return list(people.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
