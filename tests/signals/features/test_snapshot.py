"""Features of a snapshot are what their formulas say, and missing where something is."""

import math

import pytest

from signals.features.snapshot import SNAPSHOT_FEATURES, MarketSnapshot

CASES = [
    ("spread", {"bid": 99.99, "ask": 100.01}, 2.0),
    ("spread", {"bid": 100.0, "ask": 99.0}, None),
    ("spread", {"bid": 0.0, "ask": 0.01}, None),
    ("spread", {"bid": 100.0}, None),
    ("imbalance", {"bid_size": 3.0, "ask_size": 1.0}, 0.5),
    ("imbalance", {"bid_size": 0.0, "ask_size": 0.0}, None),
    ("imbalance", {"bid_size": 3.0}, None),
    ("iv_rank", {"iv_rank": 0.0}, 0.0),
    ("iv_rank", {}, None),
    ("term_slope", {"front_iv": 0.3, "back_iv": 0.2}, 1.5),
    ("term_slope", {"front_iv": 0.3, "back_iv": 0.0}, None),
    ("expected_move", {"iv": 0.2}, 0.8 * 0.2 * math.sqrt(30 / 365)),
    ("expected_move", {}, None),
    ("earnings_days", {"earnings_days": 0}, 0),
    ("earnings_days", {}, None),
    ("news_1h", {"news": 0}, 0.0),
    ("news_1h", {"news": 3}, math.log(4)),
    ("news_1h", {}, None),
]


@pytest.mark.parametrize(("name", "told", "value"), CASES)
def test_a_feature_is_what_its_formula_says_or_missing(name, told, value):
    found = SNAPSHOT_FEATURES[name](MarketSnapshot(at=0, **told))
    assert found == (None if value is None else pytest.approx(value))
