"""What is missing at a bar is void by the rule that was registered, and what is missing when it is due is never 0."""

from signals import store
from signals.learner_store import PersonLearner
from signals.models import LearnedModel
from signals.predictors.catalogue import built_in, by_key
from signals.record.batch import VOIDS
from signals.record.outcome import WAYS
from tests.scenarios.signals.trial import PERSON, Trial, batches, ms, outcomes, until


async def troubles(trial: Trial) -> None:
    trial.follow(("QQQ", "NVDA"))
    trial.begin()
    await until("11:03")
    trial.market.gone.add("NVDA")
    await until("11:12")
    trial.market.is_silent = True
    await until("11:22")
    trial.market.is_silent = False
    await until("11:31:40")


def test_a_symbol_that_vanishes_and_a_venue_that_is_silent(sqlite_ledger):
    trial = Trial(sqlite_ledger)
    trial.run("10:58", troubles)
    kept = trial.chain()
    said, came = batches(kept, "always up"), outcomes(kept, "always up")
    assert [one.bar for one in came] == [one.bar for one in said][:-1], "in the order of the bars, one each"
    found = [
        ([VOIDS[void] for void in batch.void], [WAYS[way] for way in outcome.way])
        for batch, outcome in zip(said, came, strict=False)
    ]
    assert found == [
        (["", ""], ["due", "lost"]),
        (["", "old_quote"], ["due", "void"]),
        (["", "old_quote"], ["candle", "void"]),
        (["old_quote", "old_quote"], ["void", "void"]),
        (["old_quote", "old_quote"], ["void", "void"]),
        (["", "old_quote"], ["due", "void"]),
    ]
    lost, silent = came[0], came[3]
    assert (lost.y[1], lost.mid[1]) == (0.0, None), "it counts as wrong: always up said up"
    assert (lost.move[1] or 0) < 0
    assert silent.y == silent.move == [None, None], "void is not 0"


async def a_day_off(trial: Trial) -> None:
    trial.follow(("QQQ", "NVDA"))
    trial.begin()
    await until("15:41")
    await trial.kill()
    await until("09:37", "2026-11-20")
    trial.begin()
    await until("09:46:40", "2026-11-20")


def learn() -> None:
    learner = PersonLearner(PERSON, by_key(built_in()))
    while learner.learn() or learner.close_session(ms("09:46", "2026-11-20")):
        pass


def test_a_desk_that_was_off_for_a_day_has_no_signals_of_that_day(sqlite_ledger):
    trial = Trial(sqlite_ledger, last="2026-11-20")
    trial.run("15:33", a_day_off)
    kept = trial.chain()
    said, came = batches(kept, "momentum"), outcomes(kept, "momentum")
    assert [one.session for one in said] == ["2026-11-18"] * 2 + ["2026-11-20"] * 2
    assert [WAYS[way] for way in came[1].way] == ["candle", "candle"], "it was due while nobody was there"
    assert came[1].due <= said[1].bar + 300_000
    assert said[2].place - said[1].place == 1 + 2 + 76 + 1, "the bars in between have their place"
    trial.inside(learn)
    run = next(run for run in trial.inside(lambda: store.read_runs(PERSON)) if run.registration.name == "momentum")
    found = {line.session: (line.scheduled, line.covered) for line in run.score.sessions}
    assert found["2026-11-19"] == (76, 0.0)
    assert (run.score.coverage or 0) < 0.05
    assert trial.inside(lambda: LearnedModel.objects.filter(begun=True).count()) == 10
