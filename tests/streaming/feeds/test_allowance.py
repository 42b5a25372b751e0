"""A feed is asked so many questions of a kind in any minute, whatever asks them."""

import asyncio
import datetime
import itertools

import pytest

from streaming.feeds.allowance import ASKS, WINDOW_S, AllowanceError, FeedAllowances, SlidingWindow
from tests.support import virtual_time

AT = datetime.datetime(2026, 11, 20, 15, 0, tzinfo=datetime.UTC)


def test_so_many_questions_are_allowed_in_any_minute_and_a_refused_one_does_not_count():
    async def main(clock):
        loop = asyncio.get_running_loop()
        window = SlidingWindow("chains", 3)
        for _ in range(3):
            window.acquire()
            await asyncio.sleep(10)
        for _ in range(5):
            with pytest.raises(AllowanceError, match="At most 3 chains a minute") as refused:
                window.acquire()
        wait_s = refused.value.retry_s or 0.0
        assert wait_s == pytest.approx(WINDOW_S - 30, abs=0.01)
        before = loop.time()
        await asyncio.sleep(wait_s)
        window.acquire()
        with pytest.raises(AllowanceError) as again:
            window.acquire()
        assert again.value.retry_s == pytest.approx(10, abs=0.01)
        assert loop.time() - before < 31
        await asyncio.sleep(WINDOW_S)
        for _ in range(3):
            window.acquire()

    virtual_time.run(AT, main)


def test_whatever_the_pace_no_minute_has_more_questions_than_allowed():
    async def main(clock):
        loop, window, taken = asyncio.get_running_loop(), SlidingWindow("chains", 4), []
        for wait_s in itertools.islice(itertools.cycle((1, 7, 0, 19, 3)), 60):
            await asyncio.sleep(wait_s)
            try:
                window.acquire()
            except AllowanceError:
                continue
            taken.append(loop.time())
        assert len(taken) > 20
        assert all(later - before >= WINDOW_S for before, later in zip(taken, taken[4:], strict=False))

    virtual_time.run(AT, main)


def test_kinds_and_feeds_are_counted_apart():
    async def main(clock):
        allowances = FeedAllowances()
        for _ in range(ASKS):
            allowances.acquire("a", "chains")
        with pytest.raises(AllowanceError, match="chains"):
            allowances.acquire("a", "chains")
        allowances.acquire("a", "histories")
        allowances.acquire("b", "chains")

    virtual_time.run(AT, main)
