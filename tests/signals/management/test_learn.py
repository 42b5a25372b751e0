"""The learner: what cannot be learned from is told and stops nobody else, and a model that never ends is given up."""

import signal
import typing

import pytest
from django.core.management import call_command

from accounts.models import User
from signals import store
from signals.management.commands.learn import limit_time
from signals.models import LearnedModel, LearnerProgress, SignalFact, SignalRecord
from signals.predictors.contract import SlowModelError
from signals.predictors.rules import AlwaysUp, LastSign
from tests.signals.honesty.market import make_tape
from tests.signals.stored_course import StoredCourse


@pytest.fixture(scope="module")
def course():
    return StoredCourse(make_tape(5, 1, 4), [AlwaysUp(), LastSign()])


@pytest.fixture(autouse=True)
def _alarm() -> typing.Iterator[None]:
    before = signal.getsignal(signal.SIGALRM)
    yield
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def people(db, course, monkeypatch):
    """Two people with a chain each that nobody has learned from."""
    found = [User.objects.create_user(f"{name}@example.com", "a long enough one").pk for name in ("alice", "bob")]
    for person in found:
        course.store(person)
    LearnedModel.objects.update(learned=0)
    monkeypatch.setattr("signals.management.commands.learn.health.pending_migrations", lambda: 0)
    return found


def learned(person):
    return LearnerProgress.objects.filter(person=person).values_list("number", "fault").first()


def newest(person):
    return SignalFact.objects.filter(person=person).latest("number").number


def test_all_there_is_is_learned(people, course):
    call_command("learn", "--once")
    assert [learned(person) for person in people] == [(newest(person), "") for person in people]
    assert newest(people[0]) > len(course.stored), "sessions that were over were decided"


def test_a_chain_that_cannot_be_read_is_told_and_others_learn(people):
    alice, bob = people
    call_command("learn", "--once")
    LearnerProgress.objects.filter(person=alice).update(number=0)
    LearnedModel.objects.filter(person=alice).update(learned=0, begun=False)
    fact = SignalFact.objects.filter(person=alice, about="signal")[10]
    SignalRecord.objects.filter(person=alice, digest=fact.digest).update(data=b"TDS1")
    call_command("learn", "--once")
    assert "it cannot be learned from" in learned(alice)[1]
    assert learned(bob) == (newest(bob), "")
    status = store.read_learner_status(alice)
    assert status.fault == learned(alice)[1]
    assert {run.read_gates()[0].is_open for run in store.read_runs(alice)} == {False}


def test_a_byte_that_was_flipped_shuts_the_first_gate_until_it_is_back(people):
    alice = people[0]
    call_command("learn", "--once")
    record = SignalRecord.objects.filter(person=alice, kind="signal")[20]
    kept = bytes(record.data)
    SignalRecord.objects.filter(pk=record.pk).update(data=kept[:-1] + bytes([kept[-1] ^ 1]))
    call_command("learn", "--once")
    assert "its batch was changed" in learned(alice)[1]
    assert not store.read_runs(alice)[0].read_gates()[0].is_open
    SignalRecord.objects.filter(pk=record.pk).update(data=kept)
    call_command("learn", "--once")
    assert learned(alice)[1] == ""
    assert store.read_runs(alice)[0].read_gates()[0].is_open


def test_a_model_that_never_ends_is_given_up():
    def give_up(*_signal):
        raise SlowModelError("it took too long")

    signal.signal(signal.SIGALRM, give_up)
    count = 0

    def never_end():
        nonlocal count
        while True:
            count += 1

    with pytest.raises(SlowModelError), limit_time(0.05):
        never_end()
    assert count
    with limit_time(0.05):
        pass
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
