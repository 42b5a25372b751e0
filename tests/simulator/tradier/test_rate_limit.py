"""Requests are counted by group, in minutes of the bucket's own."""

import hypothesis
import pytest
from hypothesis import strategies

from simulator.rate_limit import MINUTE_MS
from simulator.tradier.rate_limit import SimTradierBucket, group_of


def test_a_minute_begins_with_its_first_request():
    bucket = SimTradierBucket(2)
    assert [bucket.try_acquire(at) for at in (1000, 2000, 3000)] == [True, True, False]
    assert dict(bucket.headers)["x-ratelimit-expiry"] == str(1000 + MINUTE_MS)
    assert bucket.try_acquire(1000 + MINUTE_MS)
    assert dict(bucket.headers)["x-ratelimit-expiry"] == str(1000 + 2 * MINUTE_MS)


@pytest.mark.parametrize(
    ("request_line", "group"),
    [
        ("GET /markets/quotes", "market"),
        ("POST /markets/events/session", "market"),
        ("GET /accounts/A/orders", "standard"),
        ("POST /accounts/events/session", "standard"),
        ("DELETE /accounts/A/orders/1", "trading"),
        ("GET /watchlists", "standard"),
    ],
)
def test_requests_are_counted_by_group(request_line: str, group: str):
    assert group_of(*request_line.split()) == group


@hypothesis.given(
    allowed=strategies.integers(1, 5), gaps=strategies.lists(strategies.integers(0, MINUTE_MS), max_size=60)
)
@hypothesis.settings(max_examples=60, deadline=None)
def test_never_more_than_allowed_pass_in_a_minute_of_the_bucket(allowed: int, gaps: list[int]):
    bucket, at, passed = SimTradierBucket(allowed), 0, dict[int, int]()
    for gap in gaps:
        at += gap
        if bucket.try_acquire(at):
            passed[bucket.expires] = passed.get(bucket.expires, 0) + 1
        assert at < bucket.expires <= at + MINUTE_MS
        assert int(dict(bucket.headers)["x-ratelimit-available"]) == allowed - bucket.used
    assert all(count <= allowed for count in passed.values())


def test_every_answer_says_how_the_bucket_stands():
    bucket = SimTradierBucket(3)
    bucket.try_acquire(1000)
    assert dict(bucket.headers) == {
        "x-ratelimit-allowed": "3",
        "x-ratelimit-used": "1",
        "x-ratelimit-available": "2",
        "x-ratelimit-expiry": str(1000 + MINUTE_MS),
    }
