"""Deviations, scores and medians are what they say, by values of the past alone, in a bounded state."""

import json
import math
import random
import statistics

import pytest

from lib.dispersion import CLIP, LEAST_MOMENTS, SPAN, EwmaSigma, PastMoments, RollingExtreme, StreamedMedian, ZScore
from lib.incremental import Incremental, count_numbers

_DRAW = random.Random(4)
VALUES = [_DRAW.gauss(5, 2) for _ in range(1_000)]


def test_the_first_values_are_scored_by_their_plain_moments():
    moments = PastMoments()
    for at, value in enumerate(VALUES[:SPAN]):
        found = moments.add(value)
        if at < LEAST_MOMENTS:
            assert found is None
        else:
            past = VALUES[:at]
            wanted = (value - statistics.fmean(past)) / statistics.pstdev(past)
            assert found == pytest.approx(max(-CLIP, min(CLIP, wanted)), abs=1e-9)


def test_later_ones_follow_what_drifts_and_scores_are_clipped():
    moments = PastMoments()
    for value in VALUES:
        moments.add(value)
    assert moments.score(1_000.0) == 4.0
    assert moments.score(-1_000.0) == -4.0
    for value in VALUES * 3:
        moments.add(value + 50)
    assert abs(moments.score(55.0) or 9) < 0.5


def test_values_that_are_all_the_same_have_no_score():
    moments, score = PastMoments(), ZScore(5)
    assert {moments.add(3.0) for _ in range(90)} == {None}
    assert {score.add(3.0) for _ in range(9)} == {None}


@pytest.mark.parametrize("seed", range(5))
def test_a_streamed_median_is_about_the_median(seed):
    draw, median = random.Random(seed), StreamedMedian()
    values = [math.exp(draw.gauss(6, 0.5)) for _ in range(400)]
    for count, value in enumerate(values):
        assert (median.value is None) == (count < StreamedMedian.LEAST)
        median.add(value)
    assert median.value == pytest.approx(statistics.median(values), rel=0.2)


@pytest.mark.parametrize(
    "make", [PastMoments, EwmaSigma, lambda: ZScore(20), lambda: RollingExtreme(20, 1), lambda: RollingExtreme(20, -1)]
)
def test_each_goes_on_from_what_it_dumped_with_equal_numbers(make):
    straight: Incremental = make()
    carried: Incremental = make()
    for at, value in enumerate(VALUES):
        if at % 60 == 40:
            kept = json.loads(json.dumps(carried.dump()))
            carried = make()
            carried.restore(kept)
        assert straight.add(value) == carried.add(value)  # type: ignore[attr-defined]  # each has its own
        assert count_numbers(straight.dump()) <= 50
