"""The wall clock shows this machine's time and what it was put ahead by, and can be made to stand."""

import time

import msgspec
import pytest

from simulator.clock import Haste, WallClock
from tests.support.eventually import eventually

AT = 1_795_000_000_000


def test_a_clock_shows_the_real_time_until_it_is_put_ahead():
    clock = WallClock(lambda: AT)
    assert (clock(), clock.ahead_s) == (AT, 0.0)
    clock.advance(60.5)
    clock.advance(0.5)
    assert (clock(), clock.ahead_s) == (AT + 61_000, 61.0)


def test_a_clock_that_stands_shows_its_moment_and_goes_on_where_it_would_be():
    clock = WallClock(lambda: AT)
    clock.advance(10.0)
    clock.stands_at = AT - 5
    assert clock() == AT - 5
    clock.stands_at = None
    assert clock() == AT + 10_000


def test_haste_puts_a_clock_ahead_at_its_rate():
    clock = WallClock(lambda: AT)
    before = time.monotonic()
    clock.hurry(Haste(seconds=3600.0, rate=2.0))
    begun = time.monotonic()
    eventually(lambda: time.monotonic() >= begun + 0.005)
    least = time.monotonic() - begun
    ahead = clock.ahead_s
    assert least <= ahead <= time.monotonic() - before, "twice as fast is ahead by as much as has passed"


def test_haste_is_over_when_its_seconds_are_made_up_and_they_stay():
    clock = WallClock(lambda: AT)
    clock.hurry(Haste(seconds=0.5, rate=10_000.0))
    eventually(lambda: clock.ahead_s == 0.5)
    clock.hurry(Haste(seconds=0.25, rate=10_000.0))
    assert 0.5 <= clock.ahead_s <= 0.75
    clock.advance(100.0)
    eventually(lambda: clock.ahead_s == 100.75)
    assert clock() == AT + 100_750


@pytest.mark.parametrize(
    "body",
    [b'{"seconds": 0}', b'{"seconds": 604801}', b'{"seconds": 1, "rate": 1}', b'{"seconds": 1, "rate": 10001}', b"{}"],
)
def test_haste_is_for_a_week_at_most_and_never_slows_a_clock(body: bytes):
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(body, type=Haste)
