"""A bucket lets so many requests pass in each minute, and minutes are its own."""

from hypothesis import given
from hypothesis import strategies as some

from simulator.rate_limit import MINUTE_MS, SimBucket


def test_a_refused_request_costs_nothing_and_the_next_minute_begins_with_its_first_request():
    bucket = SimBucket(2)
    assert [bucket.try_acquire(at) for at in (1000, 2000, 3000, 1000 + MINUTE_MS - 1)] == [True, True, False, False]
    assert (bucket.used, bucket.left) == (2, 0)
    assert bucket.try_acquire(1000 + MINUTE_MS)
    assert (bucket.left, bucket.expires) == (1, 1000 + 2 * MINUTE_MS)


def test_a_bucket_that_allows_nothing_lets_nothing_pass():
    bucket = SimBucket(0)
    assert not bucket.try_acquire(1)
    assert bucket.left == 0


def test_a_bucket_that_is_made_smaller_has_nothing_left_rather_than_less():
    bucket = SimBucket(5)
    for _ in range(4):
        bucket.try_acquire(1)
    bucket.allowed = 2
    assert bucket.left == 0
    assert not bucket.try_acquire(2)


@given(some.integers(0, 5), some.lists(some.integers(0, MINUTE_MS), max_size=60))
def test_a_request_passes_where_fewer_than_allowed_have_passed_in_its_minute(allowed: int, gaps: list[int]):
    bucket, at, begun, passed = SimBucket(allowed), 1, -MINUTE_MS, 0
    for gap in gaps:
        at += gap
        if at >= begun + MINUTE_MS:
            begun, passed = at, 0
        assert bucket.try_acquire(at) == (passed < allowed)
        passed = min(allowed, passed + 1)
        assert bucket.left == allowed - passed
