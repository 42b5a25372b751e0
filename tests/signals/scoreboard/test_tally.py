"""Shares, scores and returns are those of the plain definitions."""

import math
import random

import pytest

from signals.scoreboard.tally import ReturnTally, SkillTally, wilson


def test_scores_are_sums_over_signals():
    tally = SkillTally()
    tally.add([0.6, 0.4, 0.5], [0.5, 0.5, 0.5], [1.0, 1.0, 0.0])
    assert tally.brier == pytest.approx(0.16 + 0.36 + 0.25)
    assert tally.log_loss == pytest.approx(-math.log(0.6) - math.log(0.4) - math.log(0.5))
    assert tally.skill == pytest.approx(1 - 0.77 / 0.75)
    assert (tally.hits, tally.leans, tally.hit_rate) == (1, 2, 0.5)


def test_a_tie_is_half_a_hit():
    tally = SkillTally()
    tally.add([0.6], [0.5], [0.5])
    assert tally.hit_rate == 0.5


def test_wilson_of_8_in_10():
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)


def test_the_best_naive_rule_is_the_measure_where_it_was_there_for_all():
    tally = SkillTally()
    tally.add([0.6], [0.5], [1.0])
    tally.add_rivals({"always up": [0.7], "last sign": [0.3]}, [0], [1.0])
    name, skill = tally.naive_skill or ("", 0.0)
    assert name == "always up"
    assert skill == pytest.approx(1 - 0.16 / 0.09)
    tally.add([0.6], [0.5], [1.0])
    assert tally.naive_skill is None


def test_without_signals_nothing_is_known():
    assert (SkillTally().skill, SkillTally().hit_rate, SkillTally().hit_interval) == (None, None, None)
    assert (ReturnTally().shortfall, ReturnTally().information) == (None, None)


def test_who_takes_no_side_earns_and_costs_nothing():
    tally = ReturnTally()
    tally.add([0, 1], [0.0, 5.0], [0.0, 3.0])
    assert (tally.count, tally.gross, tally.net) == (1, 5.0, 3.0)


def test_the_shortfall_is_the_mean_of_the_worst_twentieth():
    rng, tally = random.Random(1), ReturnTally()
    nets = [rng.gauss(0, 10) for _ in range(1000)] + [-500.0]
    tally.add([1] * len(nets), nets, nets)
    assert tally.worst == -500
    assert tally.shortfall == pytest.approx(sum(sorted(nets)[:50]) / 50, abs=1)


def test_the_information_is_the_correlation():
    rng, tally = random.Random(1), ReturnTally()
    leans = [rng.gauss(0, 0.03) for _ in range(5000)]
    tally.add_leans(leans, [20 * lean + rng.gauss(0, 1) for lean in leans])
    assert tally.information == pytest.approx(0.6 / math.hypot(0.6, 1), abs=0.03)
