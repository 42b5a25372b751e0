"""The waker has people watched for whom nobody runs, and writes nothing of those who are watched."""

import asyncio
import datetime
import typing

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from alerts import store
from alerts.models import AlertRule
from alerts.rules.reader import parse_rule
from alerts.watch.waker import AlertWaker
from streaming.host import waker
from streaming.host.waker import WakerRuntime
from streaming.models import Ownership
from streaming.ownership import rows
from tests.alerts.test_store import PRICE

LOOKS, LOOK_S = 30, waker.EVERY_S
"""Five minutes of looks."""
BEGIN = datetime.datetime(2026, 11, 24, 15, tzinfo=datetime.UTC)


class Clock:
    """What the store takes for the time."""

    at = BEGIN

    def now(self) -> datetime.datetime:
        return self.at


class CountingLedger:
    """A ledger that counts statements that change anything, and puts the clock forward by 10 s with each look.

    The streams of `person`, if any run, say every 20 s that they are watched.
    """

    def __init__(self, clock: Clock, person: int | None) -> None:
        self.looks = self.changes = 0
        self.done = asyncio.Event()
        self._clock, self._person = clock, person

    async def read(self, work, *values):
        if self.looks == LOOKS:
            self.done.set()
            await asyncio.Event().wait()
        self.looks += 1
        self._clock.at += datetime.timedelta(seconds=LOOK_S)
        if self._person is not None and self.looks % 2:
            await sync_to_async(rows.watch)(self._person)
        return await sync_to_async(work)(*values)

    async def write(self, work, *values):
        def count() -> int:
            with CaptureQueriesContext(connection) as told:
                work(*values)
            return sum(one["sql"].startswith(("INSERT", "UPDATE")) for one in told)

        self.changes += await sync_to_async(count)()


async def changes_in_five_minutes(monkeypatch, *, is_watched: bool) -> int:
    alice = await User.objects.acreate(email="alice@example.com")
    await sync_to_async(store.create)(alice.pk, parse_rule(PRICE))
    await AlertRule.objects.aupdate(wake_at=BEGIN)
    await Ownership.objects.aupdate(wanted_until=None)
    clock = Clock()
    monkeypatch.setattr(waker, "timezone", clock)
    monkeypatch.setattr(rows, "timezone", clock)
    monkeypatch.setattr(waker, "EVERY_S", 0)
    ledger = CountingLedger(clock, alice.pk if is_watched else None)
    task = asyncio.ensure_future(AlertWaker(typing.cast(WakerRuntime, Runtime(ledger))).run())
    await ledger.done.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    row = await Ownership.objects.aget(person=alice)
    assert row.wanted_until is not None
    assert row.wanted_until > clock.at
    return ledger.changes


class Runtime(typing.NamedTuple):
    """What a waker needs of one."""

    ledger: CountingLedger


@pytest.mark.django_db(transaction=True)
async def test_of_somebody_who_is_watched_nothing_is_written(monkeypatch):
    assert await changes_in_five_minutes(monkeypatch, is_watched=True) == 0


@pytest.mark.django_db(transaction=True)
async def test_for_whom_nobody_runs_it_is_written_each_half_of_the_time_that_it_holds(monkeypatch):
    changes = await changes_in_five_minutes(monkeypatch, is_watched=False)
    times = LOOKS * LOOK_S / (rows.WATCH_S / 2)
    assert changes / times in (1, 2), "of the row, and where it may be missing of that too"
