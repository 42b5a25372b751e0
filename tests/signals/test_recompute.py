"""An independent script finds the same p, q, y, e-values, figures and challenges in an export, to 1e-9."""

import inspect
import json
import sys

import msgspec
import pytest

from signals.learner.chain_learner import ChainLearner
from signals.learner.run import name_run
from signals.predictors.catalogue import by_key
from signals.predictors.logistic import OnlineLogistic
from signals.predictors.rules import (
    AlwaysUp,
    Breakout,
    LastSign,
    Momentum,
    NewsDrift,
    SignAverage,
    VolatilityPremium,
)
from signals.record.chain import LinkedFact
from signals.record.export import export_lines
from tests.signals import recompute, replica
from tests.signals.board_figures import compare_figures
from tests.signals.honesty import course as honesty_course
from tests.signals.honesty import market
from tests.signals.honesty.course import Course
from tests.signals.honesty.market import make_tape
from tests.signals.honesty.models import PlantedFeature

SESSIONS, BARS = 24, 16


class TornCourse(Course):
    """A desk with holes: symbols without a quote, features that are missing, prices that are not there when due."""

    kept: list[tuple]

    def state(self, bar):
        place = len(self.kept)
        mid, features = list(bar.mid), {name: list(column) for name, column in bar.features.items()}
        if place % 50 == 0:
            mid[0] = None
        features["return_1"][place % 4] = None if place % 7 == 0 else features["return_1"][place % 4]
        sigma = [None if place % 11 == 0 else value for value in bar.sigma]
        torn = {"mid": mid, "features": features, "sigma": sigma, "market": mid[1], "beta": [0.5] * 4}
        self.learner.state(msgspec.structs.replace(bar, **torn))

    @staticmethod
    def find_ends(ends, batch):
        mid, at = list(ends.mid), list(ends.at)
        if batch.bar % 7 == 0:
            mid[2] = None
        if batch.bar % 5 == 0:
            at[3] += 10_000
        return type(ends)(mid=mid, spread=ends.spread, at=at, market=None if batch.bar % 11 < 4 else mid[1])


def live(models, sessions):
    """Return the course of models in a torn market, with its chain."""
    kept = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(market, "BARS", BARS)
        patch.setattr(honesty_course, "BARS", BARS)
        tape = make_tape(5, sessions, 4, planted=0.1)
        course = TornCourse(tape, models, keep=lambda fact, content: kept.append((fact, content)))
        course.kept = kept
        return course.run()


@pytest.fixture(scope="module")
def course():
    models = [
        AlwaysUp(), LastSign(), SignAverage(uses=("cross",)), Momentum(horizon=3, uses=("return_12",)),
        Breakout(uses=("return_1", "return_12")), VolatilityPremium(uses=("own_sigma", "return_12")),
        NewsDrift(uses=("cross",)), OnlineLogistic(uses=("return_1", "cross", "planted")),
    ]  # fmt: skip
    return live(models, SESSIONS)


@pytest.fixture(scope="module")
def found(course):
    return recompute.recompute(export_lines(course.kept))


def test_every_number_is_found_again(course, found):
    runs = course.learner.runs
    assert sum(compare_figures(run, found[name_run(run)]) for run in runs) == 8 * 30


def test_the_evidence_of_a_challenge_is_found_again():
    def versions():
        return [Momentum(horizon=3), Momentum(horizon=3, version="2", uses=("planted",))]

    kept = live(versions(), 3).kept
    batches = {(fact.model, fact.version, fact.bar): content for fact, content in kept if fact.about == "signal"}
    learner = ChainLearner(by_key(versions()), lambda *key: batches.get(key))
    for fact, content in kept:
        learner.take(msgspec.json.decode(msgspec.json.encode(fact), type=LinkedFact), content)
    first, second = learner.runs.values()
    found = recompute.recompute(export_lines(kept))
    assert second.challenge is not None
    log = second.challenge.evidence.log
    assert log != 0
    recompute.check("challenge", log, found[name_run(second)]["log_challenge"])
    assert found[name_run(first)]["log_challenge"] == 0, "there is nothing before it"


def test_what_models_of_ones_own_said_is_taken_as_it_is_recorded():
    course = live([PlantedFeature(planted=0.1)], 2)
    (run,) = course.learner.runs
    found = recompute.recompute(export_lines(course.kept))
    assert compare_figures(run, found[name_run(run)]) == 30


def test_bars_that_passed_without_a_signal_until_a_session_closed_lower_the_coverage():
    lines = [json.loads(line) for line in export_lines(live([PlantedFeature()], 1).kept)]
    assert lines[-1]["fact"]["about"] == "results"
    scheduled = lines[-1]["fact"]["detail"]["scheduled"]
    lines[-1]["fact"]["detail"]["scheduled"] += 10
    (found,) = recompute.recompute(map(json.dumps, lines)).values()
    assert found["coverage"] == scheduled / (scheduled + 10)


def test_sessions_are_enough_for_a_half_life_and_a_rate(found):
    for name in ("half_life", "still_needed"):
        assert 0 < sum(figures[name] is not None for figures in found.values()) < 8


def test_holes_are_in_the_export(course):
    outcomes = [
        json.loads(line)["content"]["way"] for line in export_lines(course.kept) if b'"about":"outcome"' in line
    ]
    assert {way for ways in outcomes for way in ways} == {"due", "next", "lost", "void"}
    lines = [line for line in export_lines(course.kept) if b'"about":"outcome"' in line]
    assert {json.loads(line)["content"]["market"] is None for line in lines} == {True, False}


def change(lines, about, change_line):
    """Return the lines up to the hundredth of a kind, which is changed."""
    lines = list(lines)
    place = [place for place, line in enumerate(lines) if b'"about":"%s"' % about in line][99]
    line = json.loads(lines[place])
    change_line(line)
    return [*lines[:place], json.dumps(line).encode()]


@pytest.mark.parametrize("column", ["p", "q"])
def test_a_changed_number_is_noticed(course, column):
    def add(line):
        line["content"][column][1] += 2e-9

    with pytest.raises(AssertionError, match=f"{column} of"):
        recompute.recompute(change(export_lines(course.kept), b"signal", add))


@pytest.mark.parametrize("column", ["y", "move", "cost"])
def test_a_changed_outcome_is_noticed(course, column):
    def add(line):
        line["content"][column][1] += 1e-6

    with pytest.raises(AssertionError, match=f"{column} of"):
        recompute.recompute(change(export_lines(course.kept), b"outcome", add))


def test_changed_evidence_is_noticed(course):
    def add(line):
        line["fact"]["detail"]["logs"]["knows"] += 1e-6

    with pytest.raises(AssertionError, match="logs of"):
        recompute.recompute(change(export_lines(course.kept), b"results", add))


def test_the_script_imports_no_product():
    for module in (recompute, replica):
        lines = inspect.getsource(module).splitlines()
        imported = {line.split()[1].split(".")[0] for line in lines if line.startswith(("from ", "import "))}
        assert imported <= {*sys.stdlib_module_names, "numpy", "tests"}
        ours = {line for line in lines if line.startswith("from tests")}
        assert ours <= {"from tests.signals.replica import Replica"}
