"""Bar by bar: what is due is scored, then learned from, then what is known is stated. Each signal has one outcome."""

import collections
import math

import msgspec
import pytest

from signals.learner.bar import MarketBar
from signals.learner.learner import Learner
from signals.learner.run import ModelRun
from signals.predictors.contract import SlotError
from signals.predictors.rules import AlwaysUp, LastSign, Momentum
from signals.record.chain import AlreadyRecordedError
from signals.record.outcome import EndPrices
from signals.record.verifier import verify_chain
from tests.signals.honesty.course import GATES, Course
from tests.signals.honesty.market import make_tape
from tests.signals.honesty.models import PlantedFeature, online

AT, CLOSE = 1_790_000_000_000, 1_790_000_900_000


def a_bar(at=AT, **changed):
    said = {
        "session": "monday", "at": at, "close": CLOSE, "symbols": ["QQQ", "SPY"], "mid": [100.0, 200.0],
        "spread": [0.02, 0.02], "quote_age": [0, 0], "sigma": [10.0, 10.0], "features": {"return_1": [1.0, None]},
    }  # fmt: skip
    return MarketBar(**{**said, **changed})


def prices(mid, at):
    ends = EndPrices(mid=mid, spread=[0.02, 0.02], at=[at, at])
    return lambda batch: ends


@pytest.fixture
def kept():
    return []


@pytest.fixture
def learner(kept):
    learner = Learner(lambda fact, content: kept.append((fact, content)))
    for model in (AlwaysUp(), LastSign(), LastSign(name="slow", horizon=2)):
        learner.add(model, AT, 2026, universe="two", horizon_s=300 * model.horizon, schedule="5m", gates=GATES)
    return learner


def test_a_model_is_registered_before_it_says_anything(learner, kept):
    learner.state(a_bar())
    assert [fact.about for fact, _ in kept] == ["model"] * 3 + ["signal"] * 3
    assert kept[0][0].detail["gates"]["slots"] == 8
    assert [fact.detail["slot"] for fact, _ in kept[:3]] == [1, 2, 3]


def test_there_is_no_slot_for_a_ninth(learner):
    for place in range(5):
        learner.add(Momentum(name=f"m{place}"), AT, 2026, universe="two", horizon_s=300, schedule="5m", gates=GATES)
    with pytest.raises(SlotError, match="all 8 slots of 2026 are taken"):
        learner.add(Momentum(name="one more"), AT, 2026, universe="two", horizon_s=300, schedule="5m", gates=GATES)


def test_a_missing_feature_is_a_statement_of_the_baseline(learner):
    batch = learner.state(a_bar())[1]
    assert batch.p[0] > batch.q[0]
    assert (batch.p[1], batch.said[1], batch.features["return_1"][1]) == (batch.q[1], 1, None)


def test_each_signal_has_one_outcome_when_it_is_due(learner, kept):
    for bar in range(4):
        at = AT + bar * 300_000
        learner.settle(prices([100.0 + bar, 200.0], at), at)
        if bar < 3:
            learner.state(a_bar(at))
    count = collections.Counter((fact.about, fact.model) for fact, _ in kept)
    assert count["signal", "always up"] == count["outcome", "always up"] == 3
    assert count["signal", "slow"] == count["outcome", "slow"] == 2  # the third would be due after the session
    assert not any(run.pending for run in learner.runs)
    learner.settle(prices([1.0, 1.0], CLOSE), CLOSE)
    assert sum(fact.about == "outcome" for fact, _ in kept) == 8
    content = {fact.digest: said.to_bytes() for fact, said in kept if said}
    assert verify_chain([fact for fact, _ in kept], content, learner.chain.head, learner.chain.number) == []


def test_the_baseline_learns_after_all_models_were_scored(learner):
    learner.state(a_bar())
    before = learner.baselines[1].value
    learner.settle(prices([101.0, 201.0], AT + 300_000), AT + 300_000)
    batch = learner.state(a_bar(AT + 300_000))[0]
    assert before == 0.5
    assert learner.baselines[1].count == 2
    assert batch.q == [202 / 402] * 2


def test_a_second_statement_changes_nothing(learner, kept):
    learner.state(a_bar())
    count, pending = len(kept), [list(run.pending) for run in learner.runs]
    with pytest.raises(AlreadyRecordedError, match="not again"):
        learner.state(a_bar(mid=[1.0, 1.0]))
    assert (len(kept), [list(run.pending) for run in learner.runs]) == (count, pending)


def test_what_is_stored_late_is_void_and_said_so(learner, kept):
    learner.state(a_bar(), stored_at=AT + 2_001)
    assert {fact.void for fact, _ in kept if fact.about == "signal"} == {"late"}
    learner.settle(prices([101.0, 201.0], AT + 300_000), AT + 300_000)
    assert learner.runs[0].score.void_share == 1
    assert learner.baselines[1].count == 0


def test_a_day_without_the_desk_has_no_signals_and_less_coverage(learner, kept):
    learner.state(a_bar())
    for bar in (0, 1, 2):  # the first was spoken of
        learner.miss("monday", bar, AT + bar * 300_000, CLOSE)
    learner.settle(prices([101.0, 201.0], CLOSE), CLOSE)
    assert sum(fact.about == "signal" for fact, _ in kept) == 3
    assert [run.score.coverage for run in learner.runs] == pytest.approx([1 / 3, 1 / 3, 1 / 2])
    assert [run.place for run in learner.runs] == [3, 3, 2]


def test_learning_uses_neither_void_nor_lost_signals(learner):
    learner.state(a_bar(obstacle=[4, 0]))
    weight = learner.runs[0].model.worth.weight
    learner.settle(prices([101.0, None], AT + 300_000), AT + 300_000)
    assert learner.runs[0].model.worth.weight == weight
    assert learner.runs[0].score.lost == 1
    assert learner.baselines[1].count == 0


def test_naive_rules_are_what_others_are_compared_with(learner):
    learner.state(a_bar())
    learner.settle(prices([101.0, 201.0], AT + 300_000), AT + 300_000)
    skill = learner.runs[1].score.skill
    assert skill.naive_skill is not None
    assert skill.naive_skill[0] == "always up"
    assert learner.runs[1].score.skill.rivals["last sign#"] == 2


def test_a_restart_at_any_bar_changes_no_number():
    def restart(run):
        state, model = msgspec.msgpack.encode(msgspec.structs.replace(run, model=None)), run.model
        again = msgspec.msgpack.decode(state, type=ModelRun)
        again.model = model.restore(model.dump_state())
        return again

    class Restarted(Course):
        def state(self, bar):
            self.learner.runs = [restart(run) for run in self.learner.runs]
            super().state(bar)

    tape = make_tape(3, 2, 3, planted=0.2)
    whole, torn = (kind(tape, [online(), PlantedFeature(horizon=3)]).run() for kind in (Course, Restarted))
    assert [msgspec.json.encode(run) for run in torn.learner.runs] == [
        msgspec.json.encode(run) for run in whole.learner.runs
    ]


def test_a_model_speaks_of_every_nth_bar_only(kept):
    tape = make_tape(4, 2, 2)
    course = Course(tape, [], keep=lambda fact, content: kept.append((fact, content)))
    run = course.learner.add(
        Momentum(horizon=6), AT, 2026, universe="two", horizon_s=1800, schedule="every 15 minutes", every=3, gates=GATES
    )
    course.run()
    assert run.registration.overlap == len(run.score.knows.processes) == 2
    assert sum(fact.about == "signal" for fact, _ in kept) == run.score.scheduled == 2 * 25
    assert run.score.coverage == 1


def test_a_challenger_that_knows_more_wins_and_luck_does_not():
    course = Course(make_tape(3, 8, 4, planted=0.3), [online(), PlantedFeature(planted=0.3), Momentum()])
    model, feature, momentum = course.learner.runs
    better = course.learner.challenge(momentum, feature)
    worse = course.learner.challenge(feature, momentum)
    course.run()
    assert (better.champion, better.challenger) == ("momentum 1", "feature 1")
    assert better.is_won(GATES)
    assert not worse.is_won(GATES)
    with pytest.raises(ValueError, match="another horizon"):
        course.learner.challenge(model, course.learner.add(
            Momentum(name="slow", horizon=2), AT, 2026, universe="two", horizon_s=600, schedule="5m", gates=GATES
        ))  # fmt: skip


def test_what_comes_later_changes_nothing_that_was_recorded():
    def facts(seed):
        found = []
        tape, other = make_tape(3, 3, 3, planted=0.2), make_tape(seed, 3, 3)
        tape.mids[2:] = other.mids[2:]
        for name, column in tape.features.items():
            column[2:] = other.features[name][2:]
        Course(tape, [online(), Momentum()], keep=lambda fact, _: found.append(fact)).run()
        return found

    first, second = facts(3), facts(99)
    same = 2 + 2 * (2 * 78 * 2 + 2)  # registrations; two sessions of signals, outcomes and results of two models
    assert first[:same] == second[:same]
    assert first[same + 5].link != second[same + 5].link


def test_outcomes_of_other_days_open_no_gate():
    tape = make_tape(3, 10, 4, planted=0.3)
    tape.features["planted"] = tape.features["planted"][[3, 4, 5, 6, 7, 8, 9, 0, 1, 2]]
    (run,) = Course(tape, [PlantedFeature(planted=0.3)]).run().learner.runs
    assert not run.score.knows.has_reached(math.log(GATES.evidence))
