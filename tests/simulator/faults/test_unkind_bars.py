"""A history that is told unkindly: the seed says which bars are hit, and each is hit in the way that was asked."""

import collections

import pytest

from simulator.faults.faults import Fault
from simulator.faults.unkind_bars import KINDS, spoil_bars

BARS = [
    {"time": 60 * at, "open": 10.0, "high": 10.5, "low": 9.5, "close": 10.0 + at / 100, "volume": 5} for at in range(40)
]


def told(mode: str = "", share: float = 0.5, seed: int = 3) -> list[dict]:
    return spoil_bars(BARS, Fault("bars", mode=mode, share=share, seed=seed), "time", BARS[-1]["time"])


def test_what_is_left_out_stays_left_out_and_the_newest_is_told():
    found = told("omit")
    assert 8 < len(found) < 32
    assert [bar for bar in BARS if bar in found] == found == told("omit")
    assert told("omit", share=1.0) == BARS[-1:]
    assert told("omit", seed=4) != found


def test_what_is_repeated_is_there_twice_and_nothing_else_is():
    counts = collections.Counter(bar["time"] for bar in told("repeat"))
    assert {*counts} == {bar["time"] for bar in BARS}
    assert {*counts.values()} == {1, 2}


def test_a_revision_moves_the_close_by_cents_and_stays_a_bar():
    found = told("revise", share=1.0)
    moves = {round(abs(now["close"] - was["close"]), 4) for now, was in zip(found[:-1], BARS, strict=False)}
    assert moves == {0.01, 0.02}
    assert all(bar["low"] <= bar["close"] <= bar["high"] for bar in found)
    assert found[-1] == BARS[-1]


def test_another_order_has_the_same_bars():
    found = told("reorder")
    assert found != BARS
    assert sorted(found, key=lambda bar: bar["time"]) == BARS
    assert found[-1] == BARS[-1]


def test_without_a_mode_each_kind_strikes_somewhere():
    found, plain = told(share=1.0), {bar["time"]: bar for bar in BARS}
    times = collections.Counter(bar["time"] for bar in found)
    kinds = {
        "omit": len(times) < len(BARS),
        "repeat": 2 in times.values(),
        "revise": any(bar != plain[bar["time"]] for bar in found),
        "reorder": [bar["time"] for bar in found] != sorted(bar["time"] for bar in found),
    }
    assert kinds == dict.fromkeys(KINDS, True)


@pytest.mark.parametrize("mode", ["", *KINDS])
def test_nothing_is_made_of_nothing(mode):
    assert spoil_bars([], Fault("bars", mode=mode), "time", None) == []


def test_a_close_that_does_not_exist_stays_so():
    bars = [{"index": at, "close": "NaN", "high": "NaN", "low": "NaN"} for at in range(5)]
    assert spoil_bars(bars, Fault("bars", mode="revise"), "index", 4) == bars
