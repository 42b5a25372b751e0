"""A few seeds of the law in the suite; `make alerts` has the others."""

import msgspec
import pytest

from alerts.evaluation import live_rule
from alerts.rules.state import RuleState
from tests.alerts.law import desk, trial

pytestmark = pytest.mark.long


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_alerts_fire_as_a_judge_says_who_reads_the_whole_tape(seed):
    for kind, verdict, firings, _ in trial.tried(seed, 150):
        assert verdict.wrong == [], kind
        assert verdict.expected > 50
        assert firings > 50


def test_the_judge_notices_a_desk_that_forgets_its_state(monkeypatch):
    """The law can fail: a desk that begins anew after each gap misses what happened in it, or says it late unmarked."""
    monkeypatch.setattr(desk, "look_back", lambda rule, state, bars, *rest: desk_found(rule, state))
    (_, verdict, _, _) = list(trial.tried(0, 150))[1]
    assert verdict.wrong


def desk_found(rule, state):
    return desk.Found([], state.rules.get(rule.id) or RuleState(rule.version), None)


def test_the_judge_notices_a_desk_that_fires_twice(monkeypatch):
    monkeypatch.setattr(live_rule.LiveRule, "is_over", property(lambda self: False))
    assert any(verdict.wrong for _, verdict, _, _ in trial.tried(0, 150))


def test_the_judge_notices_a_desk_whose_levels_are_a_cent_off(monkeypatch):
    exact = desk.quote

    def shifted(tick):
        return msgspec.structs.replace(exact(tick), last=(tick.cents + 1) / 100)

    monkeypatch.setattr(desk, "quote", shifted)
    assert all(verdict.wrong for _, verdict, _, _ in trial.tried(0, 150))
