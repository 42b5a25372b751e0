"""What is kept of a person's signals is read back whole: runs, the chain with its bytes, the newest batches."""

import msgspec
import pytest
from django.utils import timezone

from accounts.models import User
from signals import store
from signals.journal import append_fact, keep_record
from signals.learner.run import dump_run
from signals.models import LearnedModel, LearnerProgress, SignalFact, SignalRecord
from signals.predictors.rules import AlwaysUp, LastSign
from signals.record.batch import SignalBatch
from signals.record.chain import AlreadyRecordedError, LinkedFact
from signals.record.outcome import SignalOutcome, read_outcome
from signals.record.verifier import verify_chain
from signals.scoreboard.board import read_line
from tests.signals.honesty.course import Course
from tests.signals.honesty.market import make_tape


@pytest.fixture
def alice(db):
    return User.objects.create_user("alice@example.com", "a long enough one").pk


@pytest.fixture
def bob(db):
    return User.objects.create_user("bob@example.com", "a long enough one").pk


class Kept:
    """A chain of two models over one session, as a learner made it, and in the tables of one person."""

    def __init__(self, person: int) -> None:
        self.facts: list[LinkedFact] = []
        self.contents: list[store.Content | None] = []
        self.course = Course(make_tape(5, 1, 4), [AlwaysUp(), LastSign()], keep=self.keep).run()
        for fact, content in zip(self.facts, self.contents, strict=True):
            said = {
                name: getattr(fact, name)
                for name in ("bar", "horizon_s", "due", "n", "digest", "void", "sources", "detail")
            }
            append_fact(person, 100 + fact.number, fact.about, fact.model, fact.version, fact.at, **said)
            if content is not None:
                keep_record(person, fact.digest, fact.about, content.to_bytes(), fact.at)
        for place, run in enumerate(self.course.learner.runs):
            told = run.registration
            LearnedModel.objects.create(
                person_id=person, model=told.name, version=told.version, place=place, learned=run.place,
                state=run.model.dump_state(), run=dump_run(run),
            )  # fmt: skip

    def keep(self, fact, content):
        self.facts.append(msgspec.json.decode(msgspec.json.encode(fact), type=LinkedFact))
        self.contents.append(content)


def test_the_chain_comes_back_as_it_was_linked(alice, bob, monkeypatch):
    monkeypatch.setattr(store, "PAGE", 7)
    kept = Kept(alice)
    assert len(kept.facts) > 300
    assert list(store.read_chain(alice)) == list(zip(kept.facts, kept.contents, strict=True))
    assert list(store.read_chain(bob)) == [], "it is one person's"


def test_a_part_of_the_chain_is_read_from_where_one_stood(alice, monkeypatch):
    monkeypatch.setattr(store, "PAGE", 7)
    kept = Kept(alice)
    assert [fact.number for fact, _ in store.read_chain(alice, since=5, limit=10)] == list(range(6, 16))
    assert list(store.read_chain(alice, since=len(kept.facts))) == []


def test_the_stored_chain_is_whole_and_a_flipped_byte_is_named(alice):
    Kept(alice)
    links = list(store.read_links(alice))
    contents = {fact.digest: data for fact, data in links if fact.digest}
    assert verify_chain([fact for fact, _ in links], contents) == []
    row = SignalRecord.objects.filter(person=alice, kind="outcome").latest("pk")
    data = bytearray(row.data)
    data[-1] ^= 1
    SignalRecord.objects.filter(pk=row.pk).update(data=bytes(data))
    links = list(store.read_links(alice))
    (fault,) = verify_chain([fact for fact, _ in links], {fact.digest: data for fact, data in links if fact.digest})
    named = SignalFact.objects.get(person=alice, digest=row.digest)
    assert (fault.number, fault.model, fault.bar) == (named.number, named.model, named.bar)
    assert fault.what == "its outcome was changed"


def test_a_bar_has_one_signal_of_a_model(alice):
    kept = Kept(alice)
    fact = next(fact for fact in kept.facts if fact.about == "signal")
    with pytest.raises(AlreadyRecordedError):
        append_fact(alice, 1, "signal", fact.model, fact.version, fact.at, bar=fact.bar)


def test_records_that_are_over_leave_the_facts(alice):
    kept = Kept(alice)
    SignalRecord.objects.filter(person=alice).delete()
    found = list(store.read_chain(alice))
    assert [fact for fact, _ in found] == kept.facts
    assert {content for _, content in found} == {None}


def test_runs_come_in_order_with_their_score_and_predict_once_their_model_is_known(alice):
    kept = Kept(alice)
    runs = store.read_runs(alice)
    for run, found in zip(kept.course.learner.runs, runs, strict=True):
        told = run.registration, run.score, run.standing
        assert read_line(*told) == read_line(found.registration, found.score, found.standing)
        assert (found.place, found.newest, found.pending) == (run.place, run.newest, [])
        with pytest.raises(LookupError):
            found.model.predict({}, [0.5])
    models = {("last sign", "1"): LastSign()}
    _, found = store.read_runs(alice, models)
    assert msgspec.structs.asdict(found.model) == msgspec.structs.asdict(kept.course.learner.runs[1].model)
    assert found.model.worth.gain != LastSign().worth.gain, "it learned something"


def test_the_newest_signals_of_a_symbol(alice, bob):
    kept = Kept(alice)
    newest = [content for content in kept.contents if isinstance(content, SignalBatch)][-2:]
    symbol = newest[0].symbols[2]
    assert store.read_newest_signals(alice, symbol) == [
        (run.registration, batch, 2) for run, batch in zip(kept.course.learner.runs, newest, strict=True)
    ]
    assert store.read_newest_signals(alice, "NOBODY") == []
    assert store.read_newest_signals(bob, symbol) == []


def test_how_far_the_learner_is(alice, settings):
    assert store.read_learner_status(alice) == store.LearnerStatus(
        is_on=True, ran_at=None, number=0, newest=0, behind=0, fault=None
    )
    kept = Kept(alice)
    at = timezone.now()
    place = [fact.about for fact in kept.facts].index("outcome")
    LearnerProgress.objects.create(person_id=alice, number=place + 1, ran_at=at, baselines=b"")
    settings.LEARNING = False
    status = store.read_learner_status(alice)
    assert (status.is_on, status.number, status.newest) == (False, place + 1, len(kept.facts))
    assert status.ran_at == round(at.timestamp() * 1000)
    assert status.behind == sum(fact.about == "outcome" for fact in kept.facts) - 1


def test_bytes_of_an_outcome_are_read_back(alice):
    kept = Kept(alice)
    outcomes = [content for content in kept.contents if isinstance(content, SignalOutcome)]
    assert [read_outcome(outcome.to_bytes()) for outcome in outcomes] == outcomes
    for data in (b"", b"TDO1", outcomes[0].to_bytes()[:-1], outcomes[0].to_bytes() + b"\0"):
        with pytest.raises(ValueError, match=r"bytes|head"):
            read_outcome(data)
