"""An independent script finds the same p, q, y, e-values and figures in an export, to 1e-9."""

import json

import msgspec
import pytest

from signals.predictors.logistic import OnlineLogistic
from signals.predictors.rules import AlwaysUp, LastSign, Momentum
from signals.record.export import export_lines
from signals.scoreboard.board import read_line
from tests.signals import recompute
from tests.signals.honesty.course import Course
from tests.signals.honesty.market import make_tape


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


@pytest.fixture(scope="module")
def course():
    kept = []
    models = [
        AlwaysUp(), LastSign(), Momentum(horizon=3, uses=("return_12",)),
        OnlineLogistic(uses=("return_1", "cross", "planted")),
    ]  # fmt: skip
    course = TornCourse(
        make_tape(5, 6, 4, planted=0.1), models, keep=lambda fact, content: kept.append((fact, content))
    )
    course.kept = kept
    return course.run()


def test_every_number_is_found_again(course):
    found = recompute.recompute(export_lines(course.kept))
    compared = 0
    for run in course.learner.runs:
        told = read_line(run.registration, run.score, run.standing).figures
        for name, value in found[run.model.name].items():
            recompute.check(f"{name} of {run.model.name}", told[name].value, value)
            compared += 1
    assert compared == 4 * 27


def test_holes_are_in_the_export(course):
    outcomes = [
        json.loads(line)["content"]["way"] for line in export_lines(course.kept) if b'"about":"outcome"' in line
    ]
    assert {way for ways in outcomes for way in ways} == {"due", "next", "lost", "void"}
    lines = [line for line in export_lines(course.kept) if b'"about":"outcome"' in line]
    assert {json.loads(line)["content"]["market"] is None for line in lines} == {True, False}


@pytest.mark.parametrize("column", ["p", "q"])
def test_a_changed_number_is_noticed(course, column):
    lines = list(export_lines(course.kept))
    place = next(place for place, line in enumerate(lines) if place > 900 and b'"about":"signal"' in line)
    line = json.loads(lines[place])
    line["content"][column][1] += 2e-9
    lines[place] = json.dumps(line).encode()
    with pytest.raises(AssertionError, match=f"{column} of"):
        recompute.recompute(lines)


def test_the_script_imports_no_product():
    with open(recompute.__file__) as file:
        assert not [line for line in file if line.startswith(("from signals", "import signals"))]
