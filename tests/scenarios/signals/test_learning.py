"""Models learn beside the desk: what they say rests on what was published, and every number is found again."""

import asyncio
import functools

from django.db import transaction

from lib.clock import now_ms
from signals import store
from signals.learner.run import name_run
from signals.learner_store import PersonLearner
from signals.models import LearnedModel, LearnerProgress, SignalFact
from signals.predictors.catalogue import built_in, by_key
from signals.record.export import export_lines
from signals.record.verifier import verify_chain
from tests.scenarios.signals.trial import PERSON, Trial, ms, until
from tests.signals import recompute
from tests.signals.board_figures import compare_figures

FRESH = by_key(built_in())


def learn(now: int | None = None) -> None:
    """Learn all there is at `now` (ms, else at this moment), as a process does that has just begun."""
    learner = PersonLearner(PERSON, FRESH)
    while learner.learn() or learner.close_session(now or now_ms()):
        pass


async def an_afternoon(trial: Trial) -> None:
    trial.follow(("QQQ", "NVDA"))
    trial.begin()
    for time in ("15:02", "15:13", "15:31", "15:57", "16:02"):
        await until(time)
        await asyncio.get_running_loop().run_in_executor(None, trial.inside, learn)


def published(trial: Trial) -> tuple[list[tuple], dict]:
    rows = trial.inside(lambda: list(LearnedModel.objects.values_list("model", "learned", "state", "run")))
    progress = trial.inside(lambda: LearnerProgress.objects.values("number", "head", "baselines").get())
    return [tuple(map(bytes_of, row)) for row in rows], progress


def bytes_of(value: object) -> object:
    return bytes(value) if isinstance(value, memoryview) else value


def test_what_is_learned_is_published_used_and_found_again(sqlite_ledger, monkeypatch):
    trial = Trial(sqlite_ledger)
    trial.run("14:38", an_afternoon)
    kept = trial.chain()
    links = trial.inside(lambda: list(store.read_links(PERSON)))
    assert verify_chain([fact for fact, _ in links], {fact.digest: data for fact, data in links if fact.digest}) == []
    signals = [fact for fact, _ in kept if fact.about == "signal"]
    outcomes = [fact for fact, _ in kept if fact.about == "outcome"]
    assert len(signals) == len(outcomes) > 9 * 14
    said = [fact for fact in signals if fact.model == "momentum"]
    assert sorted({fact.detail["learned"] for fact in said}) == [0, 4, 6, 10], "what was learned until each publication"
    assert any(fact.model == "online logistic, 1 h" for fact in outcomes)
    results = [fact for fact, _ in kept if fact.about == "results"]
    assert len(results) == 10
    assert {(fact.detail["session"], fact.detail["state"], fact.bar) for fact in results} == {
        ("2026-11-18", "learning", ms("16:00"))
    }
    assert trial.inside(lambda: SignalFact.objects.filter(about="results").values("fact").distinct().count()) == 1
    # Every number again, by a script that knows nothing of the product.
    found = recompute.recompute(export_lines(kept))
    compared, runs = 0, trial.inside(lambda: store.read_runs(PERSON))
    for run in runs:
        if name_run(run) in found:
            compared += compare_figures(run, found[name_run(run)])
    silent = {run.registration.name for run in runs if name_run(run) not in found}
    lacking = {"volatility premium", "post-news drift", "breakout with volume"}
    assert silent <= lacking | {"online logistic, 1 h"}, "its first outcome came after its last signal"
    assert compared == 30 * len(found)
    # A learner that begins anew comes to the same, byte for byte, however it is cut.
    before = published(trial)

    def forget() -> None:
        LearnerProgress.objects.all().delete()
        LearnedModel.objects.update(begun=False, learned=0)

    trial.inside(forget)
    monkeypatch.setattr("signals.learner_store.AT_ONCE", 7)
    trial.inside(functools.partial(learn, ms("16:02")))
    assert published(trial) == before


def test_a_learner_that_is_killed_learns_nothing_twice(sqlite_ledger, monkeypatch):
    trial = Trial(sqlite_ledger)

    async def story(trial):
        trial.follow(("QQQ", "NVDA"))
        trial.begin()
        await until("11:31:40")

    trial.run("10:58", story)
    monkeypatch.setattr("signals.learner_store.AT_ONCE", 5)

    class KilledError(BaseException):
        """The process is gone."""

    def killed_at(place: int) -> bool:
        """Learn, and die within the `place`th transaction, all of it written and nothing committed."""
        write, count = PersonLearner._write, [0]

        def write_and_die(self, *said):
            write(self, *said)
            count[0] += 1
            if count[0] == place:
                raise KilledError

        monkeypatch.setattr(PersonLearner, "_write", write_and_die)
        try:
            learn()
        except KilledError:
            return True
        finally:
            monkeypatch.setattr(PersonLearner, "_write", write)
        return False

    trial.inside(learn)
    whole = published(trial)

    def forget() -> None:
        with transaction.atomic():
            LearnerProgress.objects.all().delete()
            LearnedModel.objects.update(begun=False, learned=0)

    trial.inside(forget)
    deaths = sum(trial.inside(functools.partial(killed_at, place)) for place in (1, 2, 3, 1, 4, 2))
    trial.inside(learn)
    assert deaths == 6
    assert published(trial) == whole
    assert {learned for _, learned, _, _ in whole[0] if learned} == {6}, "the hour is not over"
