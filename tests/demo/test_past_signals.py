"""What the demo begins with was said, scored and learned as a desk does it, is marked, and is gone on from."""

import datetime
import math
import os
import re

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from demo import past_market
from demo.management.commands import seed_signals
from demo.past_market import PastMarket
from demo.past_signals import SIMULATED, PastSignals
from signals.learner.run import name_run
from signals.learner_store import PersonLearner
from signals.models import LearnedModel, SignalFact, SignalFollower, SignalRecord
from signals.owner_store import read_pending
from signals.predictors.catalogue import built_in, by_key
from signals.record.export import export_lines
from signals.record.verifier import verify_chain
from signals.store import read_chain, read_learner_status, read_links, read_runs
from simulator.market import calendar
from streaming.models import StoredFact
from tests.signals import recompute
from tests.signals.board_figures import compare_figures

pytestmark = pytest.mark.django_db

DAY = datetime.date(2026, 11, 18)
EVENING, NOON = calendar.at_clock(DAY, 18), calendar.at_clock(DAY, 12)
MODELS = 10
FULL = bool(os.environ.get("SOAK"))


@pytest.fixture(autouse=True)
def _short_past(monkeypatch, request):
    if "long" not in request.keywords:
        monkeypatch.setattr(past_market, "WARM_UP", 1)


def seeded(person, now: int = EVENING, sessions: int = 1) -> int:
    market = PastMarket(7, ("SPY", "NVDA"), now, 0.3)
    return PastSignals(person.pk, built_in(), market, 0.3).live(sessions)


def test_everything_is_found_again_from_the_rows_and_the_chain_is_whole(alice):
    assert seeded(alice) == 2
    links = list(read_links(alice.pk))
    assert verify_chain([fact for fact, _ in links], {fact.digest: data for fact, data in links if fact.digest}) == []
    found = recompute.recompute(export_lines(read_chain(alice.pk)))
    assert len(found) == MODELS
    for run in read_runs(alice.pk):
        compare_figures(run, found[name_run(run)])


def test_each_fact_says_that_its_time_is_simulated_and_the_ledger_has_none(alice):
    seeded(alice)
    assert {tuple(fact.sources) for fact, _ in read_links(alice.pk)} == {(SIMULATED,)}
    assert not StoredFact.objects.exists()
    universes = {run.registration.name: run.registration.universe for run in read_runs(alice.pk)}
    assert all(f"begins with {SIMULATED}" in universe for universe in universes.values())
    planted = {name for name, universe in universes.items() if universe.endswith("; planted edge, IC 0.3")}
    assert planted == {"online logistic", "online logistic, 1 h"}


def test_the_learner_has_nothing_left_to_learn_and_the_person_follows(alice):
    seeded(alice)
    assert not PersonLearner(alice.pk, by_key(built_in())).learn()
    status = read_learner_status(alice.pk)
    assert (status.behind, status.number) == (0, SignalFact.objects.count())
    assert SignalFollower.objects.get(person=alice).is_on


def test_it_is_done_once(alice, bob):
    assert seeded(alice) == 2
    assert seeded(alice) == 0
    assert not SignalFact.objects.filter(person=bob).exists()
    SignalFollower.objects.create(person=bob, is_on=False)
    assert seeded(bob) == 0
    assert not SignalFact.objects.filter(person=bob).exists()


def test_an_interrupted_start_begins_anew_and_comes_to_the_same(alice, monkeypatch):
    def broken(self, count, whole=PastMarket.sessions):
        yield next(whole(self, count))
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(PastMarket, "sessions", broken)
        with pytest.raises(KeyboardInterrupt):
            seeded(alice)
    assert SignalFact.objects.filter(about="results").count() == MODELS
    assert not SignalFollower.objects.exists()
    seeded(alice)
    head = SignalFact.objects.order_by("-number")[0].link
    SignalFollower.objects.all().delete()
    seeded(alice)
    assert SignalFact.objects.order_by("-number")[0].link == head
    assert LearnedModel.objects.count() == MODELS


def test_where_somebody_follows_meanwhile_their_own_time_goes_on_from_what_is_written(alice, monkeypatch):
    def followed(self, count, whole=PastMarket.sessions):
        for bars in whole(self, count):
            yield bars
            SignalFollower.objects.get_or_create(person=alice)

    monkeypatch.setattr(PastMarket, "sessions", followed)
    assert seeded(alice) == 1
    assert SignalFact.objects.filter(about="results").count() == MODELS


def test_nothing_is_said_that_is_due_after_its_end(alice):
    assert seeded(alice, NOON) == 2
    assert read_pending(alice.pk) == []
    said = SignalFact.objects.filter(about="signal")
    assert NOON - 300_000 < said.order_by("-due")[0].due <= NOON
    assert NOON - 3_900_000 < said.filter(model="online logistic, 1 h").order_by("-bar")[0].bar <= NOON - 3_600_000
    assert {fact.bar for fact in SignalFact.objects.filter(about="results")} == {calendar.closing(calendar.before(DAY))}
    for run in read_runs(alice.pk):
        assert run.score.coverage == 1.0


@pytest.mark.long
def test_after_enough_sessions_the_planted_edge_is_known_and_no_rule_knows_anything(alice):
    """Forty sessions of the edge that a demo has with SOAK=1; else fewer of a stronger one."""
    symbols, edge, sessions = (("SPY", "QQQ", "NVDA", "TSLA"), 0.15, 40) if FULL else (("SPY",), 0.5, 22)
    market = PastMarket(20, symbols, EVENING, edge)
    PastSignals(alice.pk, built_in(), market, edge).live(sessions)
    states = {run.registration.name: run.standing.state for run in read_runs(alice.pk)}
    assert states.pop("online logistic") in ("knows", "pays")
    assert states.pop("online logistic, 1 h") == "learning"
    assert set(states.values()) <= {"learning", "retired"}
    assert math.isfinite(sum(run.score.knows.log for run in read_runs(alice.pk)))


def test_models_of_ones_own_begin_with_the_demos_own_time(alice, settings, monkeypatch):
    settings.SIGNALS = ["tests.scenarios.signals.plugins.Fine"]
    monkeypatch.setattr(seed_signals, "SYMBOLS", ("SPY",))
    monkeypatch.setattr(seed_signals, "now_ms", lambda: NOON)
    call_command("seed_signals", sessions=1)
    assert [run.registration.name for run in read_runs(alice.pk)] == [model.name for model in built_in()]


def test_who_follows_while_a_session_is_written_has_the_sessions_before_it(alice, monkeypatch):
    create = SignalRecord.objects.bulk_create

    def follow_and_create(rows):
        if SignalFact.objects.exists():  # it is the second session
            SignalFollower.objects.get_or_create(person=alice, defaults={"is_on": True})
        return create(rows)

    monkeypatch.setattr(SignalRecord.objects, "bulk_create", follow_and_create)
    assert seeded(alice, NOON) == 1
    assert {fact.detail["session"] for fact, _ in read_links(alice.pk) if fact.about == "results"} == {"2026-11-17"}
    assert [fact.about for fact, _ in read_links(alice.pk)][-1] == "results", "nothing of the next session is there"
    assert read_pending(alice.pk) == []


def test_a_session_is_written_under_the_lock_of_the_chains_other_writer(alice):
    with CaptureQueriesContext(connection) as captured:
        seeded(alice, NOON, sessions=0)
    said = [query["sql"] for query in captured]
    wrote = [at for at, sql in enumerate(said) if 'INSERT INTO "signals_signalfact"' in sql]
    assert wrote
    begun = max(at for at in range(wrote[0]) if said[at].startswith("SAVEPOINT"))
    tables = [re.search(r'(?:FROM|INTO) "(\w+)"', sql) for sql in said[begun + 1 : wrote[0]]]
    asked = [table[1] for table in tables if table]
    assert asked[:2] == ["streaming_ownership", "streaming_ownership"], "it is locked before anything is asked"
    assert "signals_signalfollower" in asked[2:]


def test_a_number_of_sessions_that_cannot_be_is_refused():
    with pytest.raises(CommandError, match="-1 is not a number of sessions"):
        call_command("seed_signals", "--sessions=-1")
