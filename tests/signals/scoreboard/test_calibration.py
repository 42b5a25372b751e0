"""Slope, intercept and gap with errors by bar."""

import random

import pytest

from signals.scoreboard.calibration import EDGES, CalibrationTally, find_bin


def fill(factor=1.0, shift=0.0, bars=2000, copies=1, overlap=1):
    rng, tally = random.Random(7), CalibrationTally(overlap=overlap)
    for place in range(bars):
        truth = [0.5 + rng.gauss(0, 0.05) for _ in range(4)]
        came = [float(rng.random() < value) for value in truth]
        tally.add(place, [0.5 + shift + factor * (value - 0.5) for value in truth] * copies, came * copies)
    return tally


def test_true_statements_have_a_slope_of_one_and_no_gap():
    found = fill().read()
    assert abs(found.slope - 1) < 3 * found.slope_error
    assert abs(found.gap) < 3 * found.gap_error
    assert found.intercept == pytest.approx(0.5 - found.slope * 0.5, abs=0.03)


def test_exaggeration_lowers_the_slope():
    assert fill(factor=2).read().slope == pytest.approx(fill().read().slope / 2)


def test_a_shift_is_a_gap():
    found = fill(shift=0.05).read()
    assert found.gap == pytest.approx(fill().read().gap + 0.05)
    assert found.gap > 3 * found.gap_error


def test_copies_of_symbols_make_nothing_more_certain():
    once, thrice = fill().read(), fill(copies=3).read()
    assert thrice.count == 3 * once.count
    assert thrice.slope_error == pytest.approx(once.slope_error)
    assert thrice.gap_error == pytest.approx(once.gap_error)


def test_statements_that_overlap_are_one_cluster():
    assert fill(bars=20, overlap=6).read().clusters == 4


def test_a_bin_holds_its_lower_edge_and_all_are_counted():
    assert [find_bin(edge) for edge in EDGES] == list(range(1, 10))
    assert [find_bin(edge - 1e-9) for edge in EDGES] == list(range(9))
    assert sum(part.count for part in fill(bars=50).bins) == 200


def test_who_always_says_the_same_has_no_slope():
    tally = CalibrationTally()
    for place in range(10):
        tally.add(place, [0.5, 0.5], [1.0, 0.0])
    assert tally.read() is None
