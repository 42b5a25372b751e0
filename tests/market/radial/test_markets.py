"""The ring draws a change outward for up and inward for down, as the browser does (markets.test.js), and ends there."""

import decimal
import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.radial import markets


@pytest.mark.parametrize(
    ("percentage", "drawn"),
    [
        ("1.25", (107.5, 15, 3)),
        ("-1.25", (92.5, 15, 3)),
        ("5", (115, 30, 5)),
        ("80", (115, 30, 5)),
        ("-80", (85, 30, 5)),
    ],
)
def test_a_change_is_drawn_as_the_browser_draws_it(percentage, drawn):
    assert markets.bar(decimal.Decimal(percentage)) == drawn


@pytest.mark.parametrize("nothing", [None, decimal.Decimal(0), 0.0])
def test_no_change_and_no_knowledge_have_no_bar(nothing):
    assert markets.bar(nothing) == (100, 0, 0)


@given(st.floats(-1e6, 1e6))
def test_a_bar_stays_on_its_side_and_within_the_ring(percentage):
    bar = markets.bar(percentage)
    inner, outer = bar.radius - bar.width / 2, bar.radius + bar.width / 2
    assert 70 - 0.01 <= inner <= outer <= 130 + 0.01
    assert (outer > 100.01) <= (percentage > 0)
    assert (inner < 99.99) <= (percentage < 0)
    assert 0 <= bar.shade <= markets.SHADES


def test_the_ten_labels_stand_outside_the_ring_and_apart():
    assert len(markets.WEDGES) == 10
    assert all(math.hypot(wedge.x, wedge.y) > 135 for wedge in markets.WEDGES)
    for one, other in itertools.pairwise(markets.WEDGES):
        assert one.side != other.side or abs(one.y - other.y) > 40
