"""A plug-in that cannot be had, fails, says no number or knows too much: it is told, and nobody else is disturbed."""

import concurrent.futures

import pytest

from signals import store
from signals.learner_store import PersonLearner
from signals.owner_store import read_silent
from signals.predictors.catalogue import all_models, by_key
from signals.record.batch import VOIDS
from signals.status import _rows
from signals.watch.plugin_asker import PluginAsker
from tests.scenarios.signals import plugins
from tests.scenarios.signals.trial import PERSON, Trial, batches, ms, outcomes, until

MINE = [
    f"{plugins.__name__}.{name}" for name in ("Gone", "Fine", "Raising", "Unnumbered", "Curious", "Peeking")
]  # fmt: skip


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    """Virtual time goes on while a thread that the loop does not know of works: here they answer at once."""

    def begin(self, key, model, features, q):
        answer: concurrent.futures.Future = concurrent.futures.Future()
        try:
            answer.set_result(model.predict(features, q))
        except ZeroDivisionError as error:
            answer.set_exception(error)
        return answer

    monkeypatch.setattr(PluginAsker, "_begin", begin)


async def some_bars(trial: Trial) -> None:
    trial.follow(("QQQ", "NVDA"))
    trial.begin()
    await until("11:21:40")


def learn() -> None:
    learner = PersonLearner(PERSON, by_key(all_models(MINE)))
    while learner.learn():
        pass


def test_each_is_told_and_nobody_else_is_disturbed(sqlite_ledger, settings):
    settings.SIGNALS = MINE
    trial = Trial(sqlite_ledger)
    trial.run("10:58", some_bars)
    kept = trial.chain()
    failed = [VOIDS.index("failed")] * 2
    assert [one.p for one in batches(kept, "fine")] == [[0.55, 0.55]] * 5
    for name in ("raising", "unnumbered"):
        assert [one.void for one in batches(kept, name)] == [failed] * 5
        assert [one.y for one in outcomes(kept, name)] == [[None, None]] * 4
    assert batches(kept, "curious") == [], "it is not registered: there is no such feature"
    assert [one.void for one in batches(kept, "momentum")] == [[0, 0]] * 5
    silent = trial.inside(lambda: read_silent(PERSON))
    assert set(silent) == {MINE[0], "curious 1"}
    assert silent["curious 1"] == "there is no feature return_next"
    assert "has no attribute 'Gone'" in silent[MINE[0]]
    told = {row.cells[0]: row.cells[-1] for row in trial.inside(lambda: _rows(PERSON, ms("11:22")))}
    assert told["raising 1"] == "ZeroDivisionError: no volume"
    assert told["unnumbered 1"].startswith("ValueError: it said nan")
    assert told["curious 1"] == "there is no feature return_next"
    assert told["fine 1"] == "–"


def test_who_knows_more_than_is_recorded_is_not_believed(sqlite_ledger, settings):
    settings.SIGNALS = MINE
    trial = Trial(sqlite_ledger)
    trial.run("10:58", some_bars)
    trial.inside(learn)
    gates = {run.registration.name: run.read_gates()[0] for run in trial.inside(lambda: store.read_runs(PERSON))}
    assert "does not follow from what was recorded" in gates["peeking"].missing
    assert not gates["peeking"].is_open
    assert {name for name, gate in gates.items() if not gate.is_open} == {"peeking"}


async def a_loss(trial: Trial) -> None:
    trial.follow(("QQQ", "NVDA"))
    trial.begin()
    await until("11:02")
    plugins.LOST.append(0)
    await until("11:21:40")


def test_who_cannot_take_up_what_it_had_learned_says_so_at_each_bar(sqlite_ledger, settings, monkeypatch):
    monkeypatch.setattr(plugins, "LOST", [])
    settings.SIGNALS = [f"{plugins.__name__}.Forgetful"]
    trial = Trial(sqlite_ledger)
    trial.run("10:58", a_loss)
    said = [fact for fact, _ in trial.chain() if fact.about == "signal" and fact.model == "forgetful"]
    assert [fact.detail.get("error") for fact in said] == [None, *["ZeroDivisionError: nothing to go on from"] * 4]
