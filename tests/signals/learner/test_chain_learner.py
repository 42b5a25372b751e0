"""What a chain teaches: who knew more than was recorded is not believed; a later version challenges the one before."""

import contextlib
import itertools
import math

import msgspec

from signals.learner.chain_learner import ChainLearner
from signals.learner.run import find_replaced
from signals.predictors.catalogue import by_key
from signals.predictors.contract import SignalModel, SlowModelError
from signals.predictors.rules import Momentum
from signals.predictors.stand_in import StandIn
from signals.record.batch import SignalBatch
from signals.record.verifier import name_bar
from tests.signals.honesty.course import Course
from tests.signals.honesty.market import make_tape
from tests.signals.honesty.models import PlantedFeature, online

SYMBOLS = 4


class Kept:
    """A chain of models over a few sessions, as a desk records one: each signal says what its model had learned."""

    def __init__(self, models, sessions=3, planted=0.3):
        self.rows: list[tuple] = []
        self.batches: dict[tuple, SignalBatch] = {}
        learned: dict[str, int] = {}
        course = Course(make_tape(3, sessions, SYMBOLS, planted=planted), models, keep=self._keep)
        course.run()
        for place, (fact, content) in enumerate(self.rows):
            if fact.about == "signal":
                detail = {"learned": learned.get(fact.model, 0)}
                self.rows[place] = msgspec.structs.replace(fact, detail=detail), content
                self.batches[fact.model, fact.version, fact.bar] = content
            learned[fact.model] = learned.get(fact.model, 0) + (fact.about == "outcome")

    def _keep(self, fact, content):
        self.rows.append((msgspec.json.decode(msgspec.json.encode(fact), type=type(fact)), content))

    def learn(self, models, limit=contextlib.nullcontext):
        core = ChainLearner(by_key(models), lambda *key: self.batches.get(key), limit)
        for fact, content in self.rows:
            core.take(fact, content)
        return core

    def alter(self, place, p):
        """Have the signal in a place of its model's say something else."""
        at = [at for at, (fact, _) in enumerate(self.rows) if fact.about == "signal"][place]
        fact, batch = self.rows[at]
        assert isinstance(batch, SignalBatch)
        self.rows[at] = fact, msgspec.structs.replace(batch, p=[p, *batch.p[1:]])
        return batch.bar


def models():
    return [online(), Momentum()]


def test_what_follows_from_the_record_is_believed():
    core = Kept(models()).learn(models())
    assert {run.unexplained for run in core.runs.values()} == {""}
    assert {run.read_gates()[0].is_open for run in core.runs.values()} == {True}


def test_who_knew_more_than_was_recorded_is_not():
    kept = Kept(models())
    bar = kept.alter(100, 0.61)
    told = kept.learn(models()).runs
    liar, other = told["online logistic", "1"], told["momentum", "1"]
    assert liar.unexplained == f"what it said of S0 at {name_bar(bar)} does not follow from what was recorded"
    shut = liar.read_gates()[0]
    assert (shut.is_open, shut.missing) == (False, liar.unexplained)
    assert other.unexplained == ""


def limit_by(is_slow):
    """Return a limit that is up in those uses, counted from 1, of which `is_slow` says so."""
    uses = itertools.count(1)

    @contextlib.contextmanager
    def limit():
        use = next(uses)
        yield
        if is_slow(use):
            raise SlowModelError("it took too long")

    return limit


def test_what_takes_too_long_to_say_again_is_left_unchecked_and_what_follows_is_looked_at(caplog):
    kept = Kept([Momentum()], sessions=1)
    (run,) = kept.learn([Momentum()], limit_by(lambda use: use == 1)).runs.values()
    assert (run.unexplained, run.fault) == ("", "")
    assert run.read_gates()[0].is_open
    assert "momentum 1 did not say again what it said" in caplog.text
    bar = kept.alter(1, 0.61)
    (run,) = kept.learn([Momentum()], limit_by(lambda use: use == 1)).runs.values()
    assert run.unexplained == f"what it said of S0 at {name_bar(bar)} does not follow from what was recorded"


class Peeking(SignalModel, kw_only=True):
    """Says what it was told by somebody else than the record."""

    name: str = "peeking"
    uses: tuple[str, ...] = ("return_1",)

    def predict(self, features, q):
        TOLD.append(0)
        return [0.4 + len(TOLD) / 1e6] * len(q)


TOLD: list[int] = []


def test_a_plug_in_with_a_source_of_its_own_is_not_believed():
    kept = Kept([Peeking()], sessions=1)
    (run,) = kept.learn([Peeking()]).runs.values()
    assert "does not follow from what was recorded" in run.unexplained


class Stumbling(SignalModel, kw_only=True):
    """Fails halfway at what it learns in a place, where it is told to."""

    name: str = "stumbling"
    uses: tuple[str, ...] = ("return_1",)
    learned: int = 0

    def predict(self, features, q):
        return [0.5] * len(q)

    def learn(self, features, q, y):
        self.learned += 1
        if STUMBLES and STUMBLES[0] == self.learned:
            STUMBLES.clear()
            raise ValueError("halfway")


STUMBLES: list[int] = []


def test_a_model_that_cannot_learn_from_a_bar_is_as_it_was_before():
    kept = Kept([Stumbling()], sessions=1)
    (whole,) = kept.learn([Stumbling()]).runs.values()
    STUMBLES.append(5)
    core = kept.learn([Stumbling()])
    (run,) = core.runs.values()
    assert run.model.learned == whole.model.learned - 1
    assert core.learned["stumbling", "1"] == whole.model.learned, "the bar counts"
    assert run.score == whole.score


def test_a_model_of_another_code_is_read_and_learns_nothing():
    (run,) = Kept([Momentum()], sessions=1).learn([Momentum(uses=("return_1",))]).runs.values()
    assert isinstance(run.model, StandIn)
    assert run.score.bars > 0
    assert run.unexplained == ""


def test_a_bar_that_takes_too_long_is_left_out():
    kept = Kept([Momentum()], sessions=1)
    (run,) = kept.learn([Momentum()], limit_by(lambda use: use == 6)).runs.values()
    (whole,) = kept.learn([Momentum()]).runs.values()
    assert run.model != whole.model
    assert run.score == whole.score, "what was said is scored all the same"


def test_a_later_version_challenges_the_one_before_and_replaces_it_once_it_won_and_is_believed():
    def versions():
        return [PlantedFeature(name="rule", planted=-0.05), PlantedFeature(name="rule", version="2", planted=0.3)]

    core = Kept(versions(), sessions=8).learn(versions())
    first, second = core.runs.values()
    assert first.challenge is None
    assert second.challenge.champion == "rule 1"
    assert second.challenge.evidence.highest > math.log(20)
    assert find_replaced(core.runs.values()) == {}, "it is not believed yet"
    second.standing.state = "knows"
    assert find_replaced(core.runs.values()) == {"rule 1": second}


def test_luck_replaces_nobody():
    def versions():
        return [PlantedFeature(name="rule"), PlantedFeature(name="rule", version="2", planted=0.06)]

    core = Kept(versions(), sessions=4, planted=0.0).learn(versions())
    _, second = core.runs.values()
    second.standing.state = "knows"
    assert find_replaced(core.runs.values()) == {}
