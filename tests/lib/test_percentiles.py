"""Delays as they are told: percentiles, buckets, and which venue times can be measured by."""

import math

from hypothesis import given
from hypothesis import strategies as st

from lib.percentiles import BOUNDS_MS, LatencyHistogram, RecentSamples, venue_time


def book_of(samples, keep=512):
    book = LatencyHistogram(keep)
    for sample in samples:
        book.add(sample)
    return book


def test_percentiles_of_one_to_a_hundred_are_their_own_ranks():
    assert book_of(range(100, 0, -1)).percentiles() == {"p50": 50, "p95": 95, "p99": 99}


def test_one_sample_is_every_percentile_and_none_is_none():
    assert book_of([7]).percentiles() == {"p50": 7, "p95": 7, "p99": 7}
    assert book_of([]).percentiles() == {"p50": None, "p95": None, "p99": None}
    assert book_of([]).longest is None


def test_only_the_newest_samples_count_for_percentiles_and_all_for_the_histogram():
    book = book_of([1_000] * 8 + [2] * 4, keep=4)
    assert book.percentiles()["p99"] == book.longest == 2
    assert book.count == sum(book.buckets) == 12
    assert book.total_ms == 8_008


def test_a_sample_falls_into_the_first_bucket_that_holds_it():
    book = book_of([*BOUNDS_MS, 60_001, -5])
    assert book.buckets == [2, *[1] * (len(BOUNDS_MS) - 1), 1]


@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=700), st.integers(1, 600))
def test_a_percentile_is_a_kept_sample_that_its_share_does_not_exceed(samples, keep):
    book = RecentSamples(keep)
    for sample in samples:
        book.add(sample)
    kept = samples[-keep:]
    for share, value in ((0.5, "p50"), (0.95, "p95"), (0.99, "p99")):
        told = book.percentiles()[value]
        assert told in kept
        assert sum(sample <= told for sample in kept) >= math.ceil(share * len(kept))
        assert sum(sample < told for sample in kept) < math.ceil(share * len(kept))
    assert book.longest == max(kept)


TICK = {"type": "quote", "symbol": "QQQ", "bid": 1.0, "at": 1_726_919_400_500}


def test_the_newest_time_of_the_venue_counts():
    assert venue_time({**TICK, "bid_at": 1_726_919_400_120, "last_at": 1_726_919_400_310}) == 1_726_919_400_310


def test_whole_seconds_whole_slots_and_delayed_data_measure_nothing():
    precise = {**TICK, "bid_at": 1_726_919_400_120}
    assert venue_time({**TICK, "bid_at": 1_726_919_400_000}) is None
    assert venue_time({**precise, "ask_at": 1_726_919_401_000}) == 1_726_919_400_120
    assert venue_time({**precise, "link": "7f"}) is None
    assert venue_time({**precise, "delayed": True}) is None
    assert venue_time(TICK) is None
