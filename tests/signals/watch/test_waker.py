"""Who follows signals is watched from shortly before a session until it is over; of the watched nothing is written."""

import asyncio
import datetime
import types
import typing

import pytest
import time_machine
from asgiref.sync import async_to_sync, sync_to_async
from django.utils import timezone

from accounts.models import User
from signals import owner_store
from signals.watch.waker import SignalWaker
from streaming.host import waker
from streaming.host.waker import WakerRuntime
from streaming.models import Ownership
from streaming.ownership import rows

WEDNESDAY = datetime.datetime(2026, 11, 18, tzinfo=datetime.UTC)


def found_at(hour: int, minute: int) -> list[int]:
    """Whom the waker finds at a time of New York."""
    with time_machine.travel(WEDNESDAY + datetime.timedelta(hours=hour + 5, minutes=minute), tick=False):
        Ownership.objects.update(wanted_until=None)
        return SignalWaker(typing.cast(WakerRuntime, types.SimpleNamespace(ledger=None))).find_unwatched()


@pytest.fixture
def follower(db) -> int:
    alice, _ = [
        User.objects.create_user(name, "a long enough one") for name in ("alice@example.com", "bob@example.com")
    ]
    owner_store.follow(alice.pk, is_on=True)
    return int(alice.pk)


@pytest.mark.parametrize(("time", "is_found"), [((9, 28), False), ((9, 29), True), ((15, 59), True), ((16, 0), False)])
def test_who_follows_is_watched_in_regular_hours(follower, time, is_found):
    assert found_at(*time) == ([follower] if is_found else [])


def test_nothing_is_written_of_who_is_watched(follower):
    with time_machine.travel(WEDNESDAY + datetime.timedelta(hours=17), tick=False):
        found = SignalWaker(typing.cast(WakerRuntime, types.SimpleNamespace(ledger=None)))
        rows.watch(follower)
        assert found.find_unwatched() == []
        soon = timezone.now() + datetime.timedelta(seconds=rows.WATCH_S / 2)
        Ownership.objects.update(wanted_until=soon)
        assert found.find_unwatched() == [follower]


class OneLook:
    """A ledger that says when nobody is left to be found."""

    def __init__(self) -> None:
        self.is_over = asyncio.Event()

    async def read(self, work):
        found = await sync_to_async(work)()
        if not found:
            self.is_over.set()
        return found

    async def write(self, work, *values):
        await sync_to_async(work)(*values)


def test_at_one_look_all_are_watched_however_many_there_are(follower, monkeypatch):
    monkeypatch.setattr(waker, "AT_ONCE", 2)
    for number in range(5):
        person = User.objects.create_user(f"p{number}@example.com", "a long enough one").pk
        owner_store.follow(person, is_on=True)

    async def look():
        ledger = OneLook()
        running = asyncio.ensure_future(
            SignalWaker(typing.cast(WakerRuntime, types.SimpleNamespace(ledger=ledger))).run()
        )
        await asyncio.wait_for(ledger.is_over.wait(), 10)
        running.cancel()

    with time_machine.travel(WEDNESDAY + datetime.timedelta(hours=17), tick=False):
        async_to_sync(look)()
    assert Ownership.objects.filter(wanted_until__isnull=False).count() == 6
