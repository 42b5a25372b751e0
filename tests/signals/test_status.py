"""What signals tell on the status page, in `/ws/status` and in `/metrics`: the person's own models, and counts."""

import typing

import pytest
from asgiref.sync import sync_to_async

from accounts.models import User
from signals import owner_store, store
from signals.counts import SignalCounts
from signals.journal import JournalItem, unpack_items, write_items
from signals.learner.run import dump_run
from signals.models import LearnedModel
from signals.predictors.rules import AlwaysUp
from signals.status import SignalsStatus
from signals.watch.registrar import register_models
from signals.watch.signal_facts import model_entry
from streaming.ledger.errors import LedgerError
from streaming.ledger.ledger import Ledger

NOW = 1_795_000_060_000


class Watcher:
    speaking = 10


def test_counts_add_up_and_name_nobody():
    counted = SignalCounts()
    counted.watchers = {Watcher(), Watcher()}
    counted.batches, counted.outcomes, counted.late = 7, 6, 1
    counted.failures["mine"] += 2
    part = SignalsStatus(counted)
    assert part.report() == {"models": 20, "batches": 7, "outcomes": 6, "late": 1, "failures": {"mine": 2}}
    assert part.read() == {
        "tapedeck_signal_models": [((), 20)],
        "tapedeck_signal_batches": [((), 7)],
        "tapedeck_signal_outcomes": [((), 6)],
        "tapedeck_signal_late_bars": [((), 1)],
        "tapedeck_signal_failures": [(("mine",), 2)],
    }
    assert set(part.read()) == set(part.metrics)


class Reading:
    """A ledger that reads in this thread, or is away."""

    def __init__(self, away=False):
        self.away = away

    async def read(self, work, *values):
        if self.away:
            raise LedgerError("away")
        return await sync_to_async(work)(*values)


def speak(person: int, error: str = "ZeroDivisionError: no volume") -> None:
    """Register a model, and have it speak of a bar, or fail at it."""
    added, _ = register_models([AlwaysUp()], [], NOW)
    write_items(person, 1, unpack_items(model_entry(added, NOW).beside), NOW)
    detail = {"place": 0, "learned": 0, "seen": 1, **({"error": error} if error else {})}
    said = {"bar": NOW, "due": NOW + 300_000, "n": 1, "detail": detail}
    write_items(person, 2, [JournalItem("signal", "always up", "1", said)], NOW)


@pytest.mark.django_db(transaction=True)
async def test_everybody_sees_their_own_and_which_of_them_failed():
    alice = await User.objects.acreate(email="alice@example.com")
    bob = await User.objects.acreate(email="bob@example.com")
    await sync_to_async(speak)(alice.pk)
    ledger = typing.cast(Ledger, Reading())
    await sync_to_async(owner_store.follow)(alice.pk, is_on=True)
    await sync_to_async(owner_store.write_silent)(alice.pk, {"my.Model": "it cannot be made"})
    table = await SignalsStatus().table(ledger, alice.pk, NOW + 60_000)
    assert [one.cells for one in table.rows] == [
        ["the learner", "silent", "–", "–", "it has not run yet"],
        ["always up 1", "learning", "0", "60 s ago", "ZeroDivisionError: no volume"],
        ["my.Model", "silent", "–", "–", "it cannot be made"],
    ]
    assert (await SignalsStatus().table(ledger, bob.pk, NOW)).empty == "You follow no signals."
    away = await SignalsStatus().table(typing.cast(Ledger, Reading(away=True)), alice.pk, NOW)
    assert (away.rows, away.empty) == ([], "How models are is not known while the database is away.")


def doubt(person: int) -> None:
    """Have what a model said not follow from what was recorded."""
    (run,) = store.read_runs(person)
    run.unexplained = "what it said of QQQ does not follow from what was recorded"
    LearnedModel.objects.filter(person=person).update(run=dump_run(run))


@pytest.mark.django_db(transaction=True)
async def test_a_model_that_is_not_believed_any_more_says_why():
    alice = await User.objects.acreate(email="alice@example.com")
    await sync_to_async(speak)(alice.pk, error="")
    told = (await SignalsStatus().table(typing.cast(Ledger, Reading()), alice.pk, NOW)).rows[1]
    assert (told.cells[-1], told.state) == ("–", "live")
    await sync_to_async(doubt)(alice.pk)
    told = (await SignalsStatus().table(typing.cast(Ledger, Reading()), alice.pk, NOW)).rows[1]
    assert (told.cells[-1], told.state) == ("what it said of QQQ does not follow from what was recorded", "error")
