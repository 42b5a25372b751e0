"""The arithmetic of impact: which prices count, what is the market's, what is expected."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from news.impact.rules import (
    FEWEST,
    PATIENCE_MS,
    Expectation,
    PriceSample,
    expect,
    is_confounded,
    judge_start,
    move_beyond,
    move_of,
    price_at,
    shrink_beta,
)

prices = st.floats(0.01, 10_000)
betas = st.floats(0, 3)
MARKET = PriceSample(500.0, 500.02, at=0)
MINUTE = 60_000


def at(mid: float, moment: int = 1_000) -> PriceSample:
    return PriceSample(mid * 0.9999, mid * 1.0001, at=moment)


@given(prices, prices, prices)
def test_moves_add_up_whatever_lies_between(first, second, third):
    assert move_of(first, second) + move_of(second, third) == pytest.approx(move_of(first, third), abs=1e-9)


@given(prices, prices, betas, st.floats(-5, 5))
def test_a_symbol_that_moves_as_its_beta_says_has_no_impact(start, market_start, beta, moved):
    end = start * math.exp(beta * moved / 100)
    market_end = market_start * math.exp(moved / 100)
    assert move_beyond(start, end, market_start, market_end, beta) == pytest.approx(0, abs=1e-8)


@given(prices, prices, prices, prices, betas, st.floats(0.01, 100))
def test_impact_does_not_depend_on_the_unit_of_a_price(start, end, market_start, market_end, beta, unit):
    one = move_beyond(start, end, market_start, market_end, beta)
    assert move_beyond(start * unit, end * unit, market_start, market_end, beta) == pytest.approx(one, abs=1e-8)


@given(st.none() | st.floats(allow_nan=True, allow_infinity=True))
def test_a_beta_is_within_bounds_and_1_where_none_is_known(beta):
    assert 0 <= shrink_beta(beta) <= 3
    if beta is None or not math.isfinite(beta):
        assert shrink_beta(beta) == 1


def test_a_beta_is_shrunk_towards_1():
    assert [shrink_beta(beta) for beta in (0.0, 1.0, 2.0, -3.0, 9.0)] == pytest.approx([0.34, 1.0, 1.66, 0.0, 3.0])


@pytest.mark.parametrize(
    ("price", "obstacle"),
    [
        (PriceSample(), "no_quote"),
        (PriceSample(99.99, 100.01, at=1), ""),
        (PriceSample(99.99, None, at=1), "no_quote"),
        (PriceSample(100.01, 99.99, at=1), "no_quote"),
        (PriceSample(0.0, 0.01, at=1), "no_quote"),
        (PriceSample(99.75, 100.25, at=1), ""),
        (PriceSample(99.74, 100.26, at=1), "spread"),
        (PriceSample(99.99, 100.01, at=1, is_live=False), "no_quote"),
        (PriceSample(99.99, 100.01, at=1, is_delayed=True), "delayed"),
        (PriceSample(99.74, 100.26, at=1, is_halted=True), "halted"),
        (PriceSample(99.99, 100.01, at=1, is_closed=True), "closed"),
        (PriceSample(is_unlisted=True), "unlisted"),
    ],
)
def test_a_price_says_why_it_cannot_be_used(price, obstacle):
    assert price.obstacle == obstacle


@pytest.mark.parametrize(
    ("price", "market", "now", "verdict"),
    [
        (at(100), MARKET, 1_000, ""),
        (at(100, 999), MARKET, 1_000, None),
        (PriceSample(), MARKET, 1_000, None),
        (at(100), PriceSample(), 1_000, None),
        (PriceSample(99, 101, at=999), MARKET, 1_000, None),
        (PriceSample(99, 101, at=1_000), MARKET, 1_000, "spread"),
        (at(100, 999)._replace(is_halted=True), MARKET, 1_000, "halted"),
        (at(100), MARKET, 1_000 + PATIENCE_MS, ""),
        (at(100), MARKET, 1_001 + PATIENCE_MS, "no_quote"),
        (PriceSample(), MARKET, 1_001 + PATIENCE_MS, "no_quote"),
        (at(100), PriceSample(), 1_001 + PATIENCE_MS, "no_quote"),
    ],
)
def test_measuring_begins_with_the_first_price_at_or_after_arrival(price, market, now, verdict):
    """The item arrives at 1,000 ms."""
    assert judge_start(price, market, 1_000, now) == verdict


@given(st.lists(st.floats(-20, 20), min_size=FEWEST, max_size=300))
def test_quantiles_are_in_order_and_within_the_moves_whatever_their_sign_and_order(moves):
    found = expect(moves)
    sizes = sorted(map(abs, moves))
    assert found.low is not None
    assert found.mid is not None
    assert found.high is not None
    assert sizes[0] <= found.low <= found.mid <= found.high <= sizes[-1]
    shuffled = [move * random.choice((-1, 1)) for move in random.sample(moves, len(moves))]
    assert expect(shuffled) == found


def test_quantiles_of_known_moves():
    assert expect([number / 100 for number in range(101)]) == pytest.approx(Expectation(0.1, 0.5, 0.9, 101))


@given(st.lists(st.floats(-20, 20), max_size=FEWEST - 1))
def test_too_few_moves_let_expect_nothing_but_are_counted(moves):
    assert expect(moves) == Expectation(None, None, None, len(moves))


def test_a_window_is_confounded_by_an_earlier_one_of_its_length_that_is_open_and_by_no_other():
    earlier = [0]
    assert [is_confounded(5 * MINUTE - 1, minutes, earlier) for minutes in (5, 15)] == [True, True]
    assert [is_confounded(5 * MINUTE, minutes, earlier) for minutes in (5, 15)] == [False, True]
    assert not is_confounded(-1, 60, earlier)


@pytest.mark.parametrize(
    ("moment", "close"),
    [(10 * MINUTE, 9.0), (10 * MINUTE + 29_000, 9.0), (10 * MINUTE - 30_000, 9.0), (10 * MINUTE - 31_000, 8.0),
     (39 * MINUTE, 9.0), (41 * MINUTE, None), (0, None)],
)  # fmt: skip
def test_a_close_is_that_of_the_minute_that_ended_nearest_or_of_the_last_half_hour(moment, close):
    """Minutes 0 to 9 are known; the close of each is its number."""
    assert price_at({minute * MINUTE: float(minute) for minute in range(10)}, moment) == close
