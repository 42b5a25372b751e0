"""The law of the rate limits: whatever the network does, the venue never counts more requests than it allows."""

import heapq
import typing

from hypothesis import given, settings
from hypothesis import strategies as some

from brokers.adapter.rate_limits import INTERVAL_S, LOW_PRIORITY, MARGIN_S, RESERVE, Bucket, Pace, RateLimitHeaders

ALLOWED = 8


class Venue:
    """The venue's side of one bucket: a fixed minute that begins with the first request. Its clock is its own."""

    def __init__(self, ahead_ms: int) -> None:
        self.ahead_ms = ahead_ms
        self.used = 0
        self.ends = float("-inf")
        self.most = 0

    def count(self, now: float) -> RateLimitHeaders:
        """A request arrives."""
        if now >= self.ends:
            self.used, self.ends = 0, now + INTERVAL_S
        self.used += 1
        self.most = max(self.most, self.used)
        return RateLimitHeaders(ALLOWED, self.used, int(self.ends * 1000) + self.ahead_ms)

    def date_ms(self, now: float) -> int:
        """What its `Date` says: whole seconds."""
        return (int(now * 1000) + self.ahead_ms) // 1000 * 1000


journeys = some.tuples(
    some.floats(0, 20), some.floats(0, 20), some.sampled_from(["told", "told", "told", "mute", "lost"])
)
"""How long a request travels, and its answer, in seconds; and whether the answer says anything, or never comes."""


@settings(max_examples=100, deadline=None)
@given(
    some.lists(some.tuples(some.floats(0, 30), journeys), min_size=1, max_size=60),
    some.integers(-(10**9), 10**9),
    some.booleans(),
)
def test_the_venue_never_counts_more_than_it_allows(asked, ahead_ms, tells_date):
    venue, bucket = Venue(ahead_ms), Bucket(ALLOWED, reserve=0.0)
    now, order = 1000.0, 0
    events: list[tuple[float, int, str, typing.Any]] = []

    def happen(until: float) -> None:
        """Let everything that is due by `until` happen, in order."""
        nonlocal now, order
        while events and events[0][0] <= until:
            now, _, kind, what = heapq.heappop(events)
            if kind == "arrive":
                back, answer = what
                said = venue.count(now)
                date = venue.date_ms(now) if tells_date else None
                if answer != "lost":
                    order += 1
                    heapq.heappush(events, (now + back, order, "answer", (said if answer == "told" else None, date)))
            elif kind == "answer":
                said, date = what
                bucket.on_response(now, said, date)
            else:
                bucket.fail(now)
        now = max(now, until)

    for pause, (there, home, fate) in asked:
        happen(now + pause)
        while wait := bucket.wait(now):
            happen(now + wait)
        bucket.on_request()
        order += 2
        heapq.heappush(events, (now + there, order, "arrive", (home, fate)))
        if fate == "lost":
            heapq.heappush(events, (now + there + home, order + 1, "fail", None))
            order += 1
    happen(now + 200)
    assert venue.most <= ALLOWED
    assert bucket.under_way == 0


def test_a_full_bucket_goes_at_once_and_is_full_again_after_its_minute():
    bucket = Bucket(120)
    usable = 120 - int(120 * RESERVE)
    for used in range(1, usable + 1):
        assert bucket.wait(0.0) == 0.0
        bucket.on_request()
        bucket.on_response(0.0, RateLimitHeaders(120, used, 60_000), 0)
    assert bucket.wait(0.0) == INTERVAL_S + MARGIN_S
    assert bucket.wait(INTERVAL_S + MARGIN_S) == 0.0


def test_the_requests_of_others_count():
    bucket = Bucket(120)
    bucket.on_request()
    bucket.on_response(0.0, RateLimitHeaders(120, 119, 30_000), 0)
    assert bucket.wait(0.0) == 30 + MARGIN_S


def test_a_bucket_that_others_emptied_is_left_alone_until_it_is_full():
    bucket = Bucket(120)
    bucket.on_request()
    bucket.on_response(10.0, None, None)
    bucket.exhaust(10.0)
    assert bucket.wait(11.0) > 0
    assert bucket.wait(10.0 + INTERVAL_S + MARGIN_S) == 0.0


def test_an_answer_that_makes_no_sense_does_not_switch_the_limit_off():
    bucket = Bucket(120)
    for expires in (10**15, 60_000):  # one that is full again in thousands of years, then true ones
        for used in range(1, 121):
            if bucket.wait(1.0):
                break
            bucket.on_request()
            bucket.on_response(1.0, RateLimitHeaders(120, used, expires), 0)
    assert bucket.wait(1.0) > 0
    assert bucket.wait(1.0 + INTERVAL_S + MARGIN_S) == 0.0


def test_a_venue_whose_clock_was_set_back_is_believed_again_in_the_next_minute():
    bucket = Bucket(120)
    bucket.on_request()
    bucket.on_response(0.0, RateLimitHeaders(120, 1, 10**15), None)
    later = INTERVAL_S + MARGIN_S + 1
    for used in range(1, 121):
        if bucket.wait(later):
            break
        bucket.on_request()
        bucket.on_response(later, RateLimitHeaders(120, used, 60_000), None)
    assert bucket.wait(later) > 0


def test_what_can_wait_leaves_some_of_a_bucket_to_what_cannot():
    bucket = Bucket(120)
    bucket.on_request()
    bucket.on_response(0.0, RateLimitHeaders(120, int(bucket.usable * LOW_PRIORITY), 60_000), 0)
    assert bucket.wait(0.0) == 0.0
    bucket.on_request()
    bucket.on_response(0.0, RateLimitHeaders(120, int(bucket.usable * LOW_PRIORITY) + 1, 60_000), 0)
    assert bucket.wait(0.0, LOW_PRIORITY) == INTERVAL_S + MARGIN_S
    assert bucket.wait(0.0) == 0.0


def test_a_pace_lets_some_through_at_once_and_then_one_after_the_other():
    pace = Pace(burst=3)
    assert [pace.reserve(100.0, 2.0) for _ in range(5)] == [0, 0, 0, 2, 4]
    assert pace.reserve(200.0, 2.0, turns=4) == 2
