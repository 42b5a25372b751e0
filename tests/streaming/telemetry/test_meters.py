"""Rates of counters, and how late the event loop is."""

import asyncio
import time

import pytest

from streaming.telemetry.meters import LoopLag, Meter


def test_a_rate_is_taken_since_the_reading_before_the_last():
    meter = Meter()
    assert meter.rate(0.0, "events", 5) is None
    meter.mark(0.0, {"events": 0})
    assert meter.rate(0.0, "events", 5) is None
    assert meter.rate(5.0, "events", 10) == 2.0
    meter.mark(10.0, {"events": 10})
    meter.mark(20.0, {"events": 110, "new": 7})
    assert meter.rate(25.0, "events", 160) == 10.0
    assert meter.rate(25.0, "new", 9) is None


async def test_a_loop_that_stalls_is_late_by_that_much():
    lag = LoopLag()
    watching = asyncio.ensure_future(lag.watch())
    async with asyncio.timeout(20):
        while lag.book.count < 1:
            await asyncio.sleep(0)
        time.sleep(0.25)  # noqa: ASYNC251 -- the stall itself
        while lag.book.count < 2:
            await asyncio.sleep(0)
    watching.cancel()
    assert lag.book.longest == pytest.approx(lag.worst_ms)
    assert lag.worst_ms >= 100
