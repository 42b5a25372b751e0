"""A measurement ends each window by the first price that can be used, within a minute, or says why it cannot."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from news.impact.measurement import Measurement
from news.impact.rules import PATIENCE_MS, PriceSample

MINUTE = 60_000
SPY = PriceSample(500.0, 500.0, at=0)


def at(mid: float, **flags: bool) -> PriceSample:
    return PriceSample(mid, mid, at=0, **flags)


def begun(symbol: str = "NVDA", beta: float | None = None, earlier: tuple[int, ...] = ()) -> Measurement:
    found = Measurement(item="d1", symbol=symbol, category="guidance", received_at=0)
    found.begin(at(100.0), SPY, beta, [*earlier], 0)
    return found


def voids(one: Measurement) -> list[tuple[bool, str]]:
    return [(window.is_done, window.void) for window in one.windows]


def test_each_window_ends_in_its_time_with_the_price_of_then():
    one = begun()
    for minutes, mid in ((4, 150.0), (5, 101.0), (14, 150.0), (15, 102.0), (60, 99.0)):
        one.advance(at(mid), SPY, minutes * MINUTE)
    assert [round(window.move or 0, 3) for window in one.windows] == [0.995, 1.980, -1.005]
    assert one.is_over


def test_the_market_is_taken_off_by_a_shrunk_beta_and_not_off_itself():
    moved = PriceSample(505.0, 505.0, at=0)
    stock, index = begun(beta=2.0), begun("SPY", beta=1.0)
    stock.advance(at(100.0), moved, 5 * MINUTE)
    index.advance(at(101.0), moved, 5 * MINUTE)
    assert stock.windows[0].move == pytest.approx(-1.66 * 0.99503, abs=1e-4)
    assert index.windows[0].move == pytest.approx(0.99503, abs=1e-4)


def test_a_beta_that_comes_after_the_first_price_counts_from_then_on_and_stays():
    one = begun()
    assert one.beta == 1
    for beta in (None, 2.0, 0.5):
        one.learn_beta(beta)
    assert one.beta == pytest.approx(1.66)


@pytest.mark.parametrize("flag", ["halted", "delayed", "closed"])
def test_a_price_that_cannot_be_used_at_the_end_is_waited_for_a_minute_then_void(flag):
    one, other = begun(), begun()
    stuck = at(100.0, **{f"is_{flag}": True})
    for seconds in range(300, 361):
        assert not one.advance(stuck, SPY, seconds * 1_000)
    other.advance(stuck, SPY, 300_000)
    assert one.advance(stuck, SPY, 360_001)
    assert voids(one)[:2] == [(True, flag), (False, "")]
    assert other.advance(at(101.0), SPY, 359_000)
    assert voids(other)[0] == (True, "")


def test_a_window_that_ended_while_nobody_looked_is_left_to_candles():
    one = begun()
    now = 5 * MINUTE + PATIENCE_MS + 1
    assert not one.advance(at(101.0), SPY, now)
    assert [window.minutes for window in one.unwatched(now)] == [5]
    assert one.unwatched(now - 1) == []


def test_what_is_told_of_a_window_under_way_is_told_anew_once_it_moved_enough():
    one = begun()
    assert one.look(at(100.5), SPY, 0.01)
    assert not one.look(at(100.505), SPY, 0.01)
    assert one.look(at(100.52), SPY, 0.01)
    assert not one.look(at(200.0, is_halted=True), SPY, 0.01)
    one.advance(at(101.0), SPY, 5 * MINUTE)
    assert not one.look(at(103.0), SPY, 0.01)


def test_a_measurement_that_has_not_begun_has_no_move():
    with pytest.raises(ValueError, match="d1 has not begun"):
        Measurement(item="d1", symbol="NVDA", category="other", received_at=0).move_to(1.0, 1.0)


moments = st.lists(st.integers(0, 70 * 60), min_size=1, max_size=40).map(lambda times: sorted({*times}))
samples = st.builds(at, st.floats(90, 110), is_halted=st.booleans(), is_live=st.booleans())


@given(moments, st.data())
def test_a_window_ends_once_never_early_and_with_a_move_or_a_reason(times, data):
    one = begun()
    ended: dict[int, tuple[float | None, str]] = {}
    for now in (second * 1_000 for second in times):
        one.advance(data.draw(samples), SPY, now)
        for window in one.windows:
            said = (window.move, window.void)
            if window.is_done:
                assert ended.setdefault(window.minutes, said) == said
                assert window.ends_at is not None
                assert now >= window.ends_at
                assert (window.move is None) == bool(window.void)
    for before, after in itertools.pairwise(one.windows):
        assert (before.ends_at or 0) < (after.ends_at or 0)
