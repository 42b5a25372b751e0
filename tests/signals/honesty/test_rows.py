"""Luck passes no gate, knowledge does, and what cheats is caught; where scoring is bent, each cheat would pass.

`make honesty` tries more seeds.
"""

import math

import pytest

from signals.evidence.process import InterleavedEvidence
from signals.learner import learner
from signals.predictors.baseline import BaseRate
from signals.scoreboard.gates import read_enough
from signals.scoreboard.score import ModelScore
from tests.signals.honesty import rows
from tests.signals.honesty.cheats import LateCourse, Oracle, SilentLoser, add_leak
from tests.signals.honesty.course import GATES, Course
from tests.signals.honesty.market import make_tape

pytestmark = pytest.mark.long


def test_luck_opens_no_gate_in_twenty_markets():
    found = [rows.walk(seed) for seed in range(20)]
    assert sum(result["knows"] for result in found) <= 1
    assert not any(result["pays"] for result in found)


def test_a_strong_edge_is_known_within_ten_days_by_the_feature_and_the_online_model():
    assert [rows.strong(seed) for seed in range(3)] == [{"model": True, "feature": True}] * 3


def test_the_bounce_of_last_trades_is_no_knowledge():
    assert not rows.bounce(1, half_spread=3)


def test_scored_on_last_trades_the_bounce_would_be_knowledge():
    assert rows.bounce(1, half_spread=3, scored_on_trades=True)


def test_always_up_knows_nothing_in_a_bull_market():
    assert not rows.bull(1)


def test_against_an_even_chance_always_up_would_know(monkeypatch):
    monkeypatch.setattr(BaseRate, "value", 0.5)
    assert any(rows.bull(seed) for seed in range(3))


def test_statements_that_overlap_are_interleaved():
    assert not rows.overlap(3)


def test_taken_one_by_one_statements_that_overlap_would_know(monkeypatch):
    def add(self, place, x):
        self.processes[0].add(x)
        self.highest = max(self.highest, self.processes[0].log)

    monkeypatch.setattr(InterleavedEvidence, "add", add)
    assert rows.overlap(3)


def test_half_a_sigma_in_98_of_100_does_not_pay_for_the_rest():
    assert not rows.short_gamma(1)


def test_with_clipped_losses_short_gamma_would_pay(monkeypatch):
    def pays(net, sigma):
        return sum(max(min(a / b, 4), -4) for a, b in zip(net, sigma, strict=True)) / len(net) / 20

    monkeypatch.setattr("signals.scoreboard.score.pays", pays)
    assert rows.short_gamma(1)


def test_a_second_statement_about_a_bar_is_refused():
    assert not rows.repainting(1)


def test_what_is_stored_after_the_bar_is_void():
    (run,) = LateCourse(add_leak(make_tape(1, 5, 4)), [Oracle()]).run().learner.runs
    assert (run.score.void_share, run.score.bars, run.score.knows.log) == (1.0, 0, 0.0)
    assert not rows.leaking(1)


def test_taken_for_timely_a_leak_would_know(monkeypatch):
    monkeypatch.setattr(learner, "LATE_MS", 10**9)
    assert rows.leaking(1)


def test_silence_lowers_the_coverage():
    (run,) = Course(add_leak(make_tape(1, 25, 4)), [SilentLoser()]).run().learner.runs
    assert rows.knows(run)
    assert run.score.coverage == pytest.approx(0.5, abs=0.1)
    reading = read_enough(run.score, GATES)
    assert not reading.is_open
    assert "at least 99% is needed" in reading.missing


def test_with_silence_counted_as_statements_it_would_have_said_enough(monkeypatch):
    monkeypatch.setattr(ModelScore, "coverage", 1.0)
    assert rows.silent(1)


def test_true_statements_are_calibrated_and_exaggerated_ones_are_not():
    assert rows.calibrated(1) == {"truth": True, "times 1.5": False, "times 2": False}


def test_an_edge_that_ends_fades_and_not_before():
    assert rows.ending(1) == {"known": True, "early": False, "in time": True}


def test_a_bound_is_missed_by_one_seed_too_many():
    claim = rows.Claim("C1", "", "", 0.05, True)
    assert rows.judge(claim, [True] + [False] * 19) == (0.05, 20, True)
    assert not rows.judge(claim, [True] * 2 + [False] * 18)[2]
    assert math.isnan(rows.judge(rows.Claim("C3", "", "in time", 0.85, False, "known"), [{"known": False}])[0])
