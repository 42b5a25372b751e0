"""A bar is one step, scaled by what it could have been at most."""

import itertools

import pytest

from signals.evidence.statements import StepScale, knows, pays, worse


def test_knows_is_the_mean_lean_in_the_direction_of_what_came():
    scale = StepScale()
    x = knows([0.6, 0.45], [0.5, 0.5], [1.0, 1.0], scale)
    assert scale.largest == pytest.approx((0.1 * 0.5 + 0.05 * 0.5) / 2)
    assert x == pytest.approx((0.1 * 0.5 - 0.05 * 0.5) / 2 / scale.largest)


@pytest.mark.parametrize("statement", [knows, worse])
def test_no_outcome_makes_a_step_larger_than_one(statement):
    p, q = [0.9, 0.2, 0.55, 0.5], [0.6, 0.5, 0.3, 0.5]
    found = [statement(p, q, y, StepScale()) for y in itertools.product((0.0, 0.5, 1.0), repeat=4)]
    assert -1 <= min(found) < 0 < max(found) <= 1


@pytest.mark.parametrize(("y", "x"), [(0.0, -1.0), (1.0, 1.0)])
def test_an_even_baseline_that_is_wholly_wrong_or_right_is_a_whole_step(y, x):
    assert knows([0.7, 0.9], [0.5, 0.5], [y, y], StepScale()) == pytest.approx(x)


def test_the_scale_is_the_largest_so_far_and_never_shrinks():
    scale = StepScale()
    knows([0.9], [0.5], [1.0], scale)
    assert knows([0.6], [0.5], [1.0], scale) == pytest.approx(0.25)


def test_who_abstains_takes_no_step():
    assert knows([0.5], [0.5], [1.0], StepScale()) == worse([0.5], [0.5], [1.0], StepScale()) == 0


def test_worse_is_the_difference_of_brier_scores():
    scale = StepScale()
    x = worse([0.8], [0.6], [0.0], scale)
    assert x * scale.largest == pytest.approx(0.64 - 0.36)
    assert worse([0.8], [0.6], [1.0], StepScale()) < 0


def test_gains_are_clipped_and_losses_are_not():
    assert pays([400.0, 40.0], [10.0, 10.0]) == pytest.approx(4 / 20)
    assert pays([-400.0], [10.0]) == pytest.approx(-2)
