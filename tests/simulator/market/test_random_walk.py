"""A walk moves with its market and by itself."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as some

from simulator.market.random_walk import Walk
from simulator.market.universe import LISTINGS

AAPL = LISTINGS["AAPL"]
HOUR = 3600.0


def walk_of(symbol: str = "AAPL", seed: int = 7) -> Walk:
    return Walk(LISTINGS[symbol], LISTINGS[symbol].price, random.Random(seed))


def test_one_seed_has_one_walk():
    assert [walk_of().to(second * 5.0, 0.0) for second in range(3)] == [
        walk_of().to(second * 5.0, 0.0) for second in range(3)
    ]
    assert walk_of(seed=8).to(5.0, 0.0) != walk_of().to(5.0, 0.0)


@given(some.sampled_from(("AAPL", "VIX", "GLD")), some.floats(-0.1, 0.1))
def test_the_market_moves_a_price_by_its_beta_at_once(symbol: str, factor: float):
    walk = walk_of(symbol)
    before = walk.to(10.0, 0.0)
    assert walk.to(10.0, factor) == pytest.approx(before * math.exp(LISTINGS[symbol].beta * factor))


def test_nothing_moves_while_the_market_is_closed():
    walk = walk_of()
    before = walk.to(10.0, 0.01)
    walk.rest_at(10.0 + 17 * HOUR, 0.05)
    assert walk.to(10.0 + 17 * HOUR, 0.05) == pytest.approx(before)
