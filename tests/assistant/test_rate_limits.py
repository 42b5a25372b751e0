"""How often something may start: never more than that in any minute, and what is said of the wait is true."""

import asyncio

import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st

from assistant import rate_limits
from assistant.rate_limits import LocalCounts, count_start, wait_s
from streaming.ledger.errors import AwayError

WINDOW_MS = 60_000


@given(
    most=st.integers(1, 20),
    pauses=st.lists(st.floats(0, 30_000), min_size=1, max_size=80),
)
def test_after_the_wait_that_is_said_one_more_may_start_and_not_before(most, pauses):
    counts, now = LocalCounts(), 1_700_000_000_000.0
    for pause in pauses:
        now += pause
        counted = counts.count("k", most, WINDOW_MS, now)
        if counted.allowed:
            continue
        wait = wait_s(counted, most, WINDOW_MS, now) * 1000
        assert 0 <= wait <= 2 * WINDOW_MS
        if wait > 5:
            assert not counts.count("k", most, WINDOW_MS, now + wait - 5).allowed
        assert counts.count("k", most, WINDOW_MS, now + wait + 1).allowed
        now += wait + 1


@given(most=st.integers(1, 10), pauses=st.lists(st.integers(0, 20_000), max_size=100))
def test_in_two_windows_there_are_never_more_than_twice_as_many(most, pauses):
    counts, now, started = LocalCounts(), 1_700_000_000_000, []
    for pause in pauses:
        now += pause
        if counts.count("k", most, WINDOW_MS, now).allowed:
            started.append(now)
    for at in started:
        assert sum(at <= one < at + WINDOW_MS for one in started) <= 2 * most
        slot = at // WINDOW_MS
        assert sum(one // WINDOW_MS == slot for one in started) <= most


async def test_many_at_once_are_let_through_as_often_as_may_be(valkey):
    waits = await asyncio.gather(*(count_start("many", 10) for _ in range(30)))
    assert sum(wait is None for wait in waits) == 10
    assert await count_start("others", 10) is None


async def test_while_the_cache_is_away_each_process_counts_its_share(monkeypatch, caplog):
    def away(*_):
        raise redis.ConnectionError("gone")

    async def processes():
        return 3

    monkeypatch.setattr(rate_limits, "_ask", away)
    monkeypatch.setattr(rate_limits, "count_processes", processes)
    monkeypatch.setattr(rate_limits, "_local", LocalCounts())
    waits = [await count_start("share", 9) for _ in range(5)]
    assert [wait is None for wait in waits] == [True, True, True, False, False]
    assert {record.getMessage() for record in caplog.records} == {"starts are counted by each process: ConnectionError"}


async def test_it_is_one_process_where_nobody_can_tell(monkeypatch):
    class Ledger:
        async def hosts(self):
            raise AwayError("gone")

    class Runtime:
        ledger = Ledger()

    monkeypatch.setattr(rate_limits, "runtime", Runtime)
    assert await rate_limits.count_processes() == 1


@pytest.mark.parametrize("most", [1, 7])
async def test_a_process_that_is_alone_counts_by_itself(monkeypatch, settings, most):
    settings.LAYER_URL = ""
    monkeypatch.setattr(rate_limits, "_local", LocalCounts())
    assert [await count_start("alone", most) is None for _ in range(most + 1)] == [True] * most + [False]
