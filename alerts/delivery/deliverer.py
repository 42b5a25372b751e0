"""Delivers what waits: in each process that takes people, each message by one of them."""

import asyncio
import collections
import contextlib
import logging
import typing

from django.utils import timezone

from alerts.counts import counts
from alerts.delivery import outbox
from alerts.delivery.channels import new_poster, open_channel
from alerts.delivery.contract import Gone, Refused, Undelivered
from alerts.delivery.outbox import Claimed, Outcome
from alerts.delivery.wake import waker
from lib.tasks import Tasks
from streaming.ledger.ledger import Ledger, LedgerError

logger = logging.getLogger(__name__)

TRY_S = 20.0
"""How long one try may take, whatever its channel is: shorter than a lease."""
AT_ONCE = 64
PER_PERSON = 4
"""How many tries run at the same time, of everybody and of one person: who hangs holds nobody else up."""
LOOK_S = 5.0
"""How often it is looked what others wrote, or left behind."""
TIDY_S = 600.0


class DelivererRuntime(typing.Protocol):
    """What this needs of a process's runtime."""

    ledger: Ledger


class AlertDeliverer:
    """Takes what is due, a few messages of each person at a time, and writes down what became of each."""

    def __init__(self, runtime: DelivererRuntime) -> None:
        self._ledger = runtime.ledger
        self._poster = new_poster(AT_ONCE)
        self._tasks = Tasks("deliveries")
        self._running: dict[typing.Any, int] = {}
        """The person of each channel that is being told something."""
        self._changed = asyncio.Event()

    def __repr__(self) -> str:
        return f"<AlertDeliverer {len(self._running)} running>"

    async def run(self) -> None:
        """Deliver until cancelled."""
        waker.add(self._changed)
        tidy_at = 0.0
        loop = asyncio.get_running_loop()
        try:
            while True:
                self._changed.clear()
                pause_s = LOOK_S
                try:
                    if loop.time() >= tidy_at:
                        tidy_at = loop.time() + TIDY_S
                        await self._ledger.write(outbox.end_overdue)
                    pause_s = await self._look()
                except LedgerError as error:
                    logger.info("it cannot be read now what is to be delivered: %s", error)
                await self._wait(pause_s)
        finally:
            waker.remove(self._changed)
            await self._tasks.cancel()
            await self._poster.close()

    async def _look(self) -> float:
        """Begin with what is due. Returns how long to wait until there may be more, in s."""
        room = AT_ONCE - len(self._running)
        rooms = {person: PER_PERSON - count for person, count in collections.Counter(self._running.values()).items()}
        if room <= 0:
            return LOOK_S
        full = [person for person, left in rooms.items() if left <= 0]
        due = await self._ledger.read(outbox.next_due, list(self._running), full)
        if due is None or (wait_s := (due - timezone.now()).total_seconds()) > LOOK_S:
            return LOOK_S
        if wait_s > 0:
            return wait_s
        claimed = await self._ledger.write(outbox.claim, room, PER_PERSON, list(self._running), rooms)
        for one in claimed:
            self._running[one.channel.pk] = one.person
            self._tasks.start(self._deliver(one), f"of {one.person}")
        return 0.0 if claimed else LOOK_S

    async def _wait(self, pause_s: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause_s):
                await self._changed.wait()

    async def _deliver(self, claimed: Claimed) -> None:
        """Try once."""
        try:
            outcome = await self._try(claimed)
            counts.deliveries[claimed.channel.kind, _result(outcome)] += 1
            await self._ledger.write(outbox.settle, claimed.id, outcome)
        except LedgerError as error:
            # Its lease ends, and it is told again with the same id: at least once.
            logger.info("what became of delivery %d cannot be stored now: %s", claimed.id, error)
        finally:
            self._running.pop(claimed.channel.pk, None)
            self._changed.set()

    async def _try(self, claimed: Claimed) -> Outcome:
        if claimed.channel.gone is not None:
            return Outcome(claimed.channel.reason or "it is gone", is_over=True, is_gone=True)
        try:
            async with asyncio.timeout(TRY_S):
                sender = await asyncio.to_thread(open_channel, claimed.channel, self._poster)
                await sender.send(claimed.message)
        except Gone as error:
            return Outcome(error.reason, is_over=True, is_gone=True)
        except Refused as error:
            return Outcome(error.reason, is_over=True)
        except Undelivered as error:
            return Outcome(error.reason, retry_s=error.retry_s)
        except TimeoutError:
            return Outcome(f"it did not take it within {TRY_S:.0f} s")
        return Outcome()


def _result(outcome: Outcome) -> str:
    """Return what a metric calls an outcome."""
    if not outcome.reason:
        return "taken"
    return "refused" if outcome.is_over else "failed"
