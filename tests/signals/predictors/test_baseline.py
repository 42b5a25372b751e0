"""The baseline knows how often prices rose, and nothing else."""

import pytest

from signals.predictors.baseline import BaseRate


def test_it_begins_at_a_half_and_comes_to_what_was():
    rate = BaseRate()
    assert rate.value == 0.5
    for _ in range(10_000):
        rate.learn([1.0, 0.5, None, 0.0, 1.0])
    assert rate.value == pytest.approx(2.5 / 4, abs=0.01)
    assert rate.count == 40_000
