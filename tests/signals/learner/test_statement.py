"""What all models say at one bar: each for itself, on its schedule, and one that raises is void alone."""

import math

import pytest

from signals.learner.bar import MarketBar
from signals.learner.run import FAILED, open_run
from signals.learner.schedule import next_bar, sitting
from signals.learner.statement import compose_statements
from signals.predictors.baseline import BaseRate
from signals.predictors.contract import Register, SignalModel
from signals.predictors.rules import AlwaysUp
from signals.record.outcome import VoidRule
from tests.support.moments import new_york

BEGIN = int(new_york("2026-11-18 11:02").timestamp() * 1000)


class Broken(SignalModel, kw_only=True):
    name: str = "broken"

    def predict(self, features, q):
        raise ZeroDivisionError("no volume")


def run_of(model, horizon_s=300):
    told = Register().register(model, 2026, universe="u", horizon_s=horizon_s, schedule="s")
    run = open_run(model, told)
    run.newest = BEGIN
    return run


def bar_at(scheduled):
    return MarketBar(
        session=scheduled.session, number=scheduled.number, at=scheduled.at, close=scheduled.close,
        symbols=["QQQ", "SPY"], mid=[100.0, None], spread=[0.02, None], quote_age=[10, None], sigma=[9.0, None],
        features={},
    )  # fmt: skip


@pytest.fixture
def runs():
    return [run_of(Broken()), run_of(AlwaysUp())]


def test_a_model_that_raises_is_void_and_the_others_go_on(runs):
    broken, up = compose_statements(runs, bar_at(next_bar(BEGIN)), {1: BaseRate(ups=400, count=400)}, VoidRule())
    assert broken.error == "ZeroDivisionError: no volume"
    assert (broken.batch.model, broken.batch.void, broken.batch.said) == ("broken", [FAILED, FAILED], [0, 0])
    assert broken.batch.p == broken.batch.q == [0.75, 0.75]
    assert (up.error, up.batch.void) == ("", [0, 1])
    assert up.batch.p == [0.76, 0.76]


class Saying(SignalModel, kw_only=True):
    name: str = "saying"
    said: tuple[float | None, ...] = ()

    def predict(self, features, q):
        return list(self.said)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ((math.nan, 0.5), "it said nan, which is no probability of 0.01 to 0.99"),
        ((0.5, math.inf), "it said inf"), ((1.0, 0.5), "it said 1.0"), ((0.5, -0.2), "it said -0.2"),
        ((0.5,), "it said 1 values of 2 symbols"), (("up", 0.5), "could not convert string to float"),
    ],
)  # fmt: skip
def test_what_is_no_probability_is_void_and_why_is_told(said, words):
    wrong, up = compose_statements(
        [run_of(Saying(said=said)), run_of(AlwaysUp())], bar_at(next_bar(BEGIN)), {}, VoidRule()
    )
    assert words in wrong.error
    assert (wrong.batch.void, wrong.batch.said, wrong.batch.p) == ([FAILED, FAILED], [0, 0], [0.5, 0.5])
    assert up.error == ""


def test_bars_at_which_the_desk_was_away_have_a_place_and_no_batch(runs):
    bars = sitting(BEGIN).bars
    later = [bar for bar in bars if bar.at > BEGIN]
    first = compose_statements(runs, bar_at(later[0]), {}, VoidRule())
    again = compose_statements(runs, bar_at(later[3]), {}, VoidRule())
    assert [one.batch.place for one in (*first, *again)] == [0, 0, 3, 3]
    assert [run.place for run in runs] == [4, 4]
    assert runs[0].score.scheduled == 2, "those in between lower the coverage"


def test_a_bar_is_spoken_of_once_and_never_later(runs):
    first, second = (bar for bar in sitting(BEGIN).bars if BEGIN < bar.at < BEGIN + 600_000)
    assert len(compose_statements(runs, bar_at(second), {}, VoidRule())) == 2
    assert compose_statements(runs, bar_at(second), {}, VoidRule()) == []
    assert compose_statements(runs, bar_at(first), {}, VoidRule()) == [], "a clock that was set back"


def test_nothing_is_said_of_what_would_be_due_after_the_close():
    hour = run_of(AlwaysUp(horizon=12), 3_600)
    hour.newest = int(new_york("2026-11-18 14:54").timestamp() * 1000)
    bars = [bar for bar in sitting(BEGIN).bars if bar.at > hour.newest]
    said = [bool(compose_statements([hour], bar_at(bar), {}, VoidRule())) for bar in bars]
    assert said == [True] + [False] * (len(bars) - 1), "15:55:30 is the last end"
