"""The loop of virtual time: a day passes in a moment, and everything keeps its order."""

import asyncio
import datetime
import threading
import time

import httpx
import pytest

from simulator.server import running
from tests.support import virtual_time
from tests.support.plain_http import NO_TLS

NEW_YEAR = datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.UTC)
DAY_S = 86_400.0
SOON_S = 1e-3
"""What the turns of the loop itself may take here."""


def test_a_day_passes_at_once_on_every_clock():
    async def main(clock):
        before = time.monotonic(), time.time(), time.clock_gettime(time.CLOCK_BOOTTIME)
        await asyncio.sleep(DAY_S)
        after = time.monotonic(), time.time(), time.clock_gettime(time.CLOCK_BOOTTIME)
        assert [b - a for a, b in zip(before, after, strict=True)] == pytest.approx([DAY_S] * 3, abs=SOON_S)
        late = datetime.datetime.now(datetime.UTC) - NEW_YEAR - datetime.timedelta(days=1)
        assert abs(late.total_seconds()) < SOON_S

    began = time.perf_counter()
    virtual_time.run(NEW_YEAR, main)
    assert time.perf_counter() - began < 5
    assert abs(time.time() - time.clock_gettime(time.CLOCK_REALTIME)) < 5


def test_timers_keep_their_order_and_a_timeout_its_length():
    async def main(clock):
        order: list[float] = []
        loop = asyncio.get_running_loop()
        for wait in (3_600, 0.5, 60, 59.999):
            loop.call_later(wait, order.append, wait)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(7_200):
                await asyncio.Event().wait()
        assert order == [0.5, 59.999, 60, 3_600]
        assert loop.time() == pytest.approx(1_000 + 7_200, abs=SOON_S)

    virtual_time.run(NEW_YEAR, main)


def test_a_step_moves_the_wall_clock_alone_and_a_machines_sleep_no_timer():
    async def main(clock):
        clock.step(60)
        assert time.time() - NEW_YEAR.timestamp() == pytest.approx(60, abs=SOON_S)
        assert time.monotonic() == pytest.approx(1_000, abs=SOON_S)
        waiting = asyncio.create_task(asyncio.sleep(10))
        await asyncio.sleep(5)
        clock.sleep(3_600)
        await waiting
        assert time.monotonic() == pytest.approx(1_010, abs=SOON_S)
        assert time.clock_gettime(time.CLOCK_BOOTTIME) == pytest.approx(4_610, abs=SOON_S)
        assert time.time() - NEW_YEAR.timestamp() == pytest.approx(3_670, abs=SOON_S)

    virtual_time.run(NEW_YEAR, main)


def test_time_stands_still_while_a_thread_works():
    async def main(clock):
        done = threading.Event()
        ticking = asyncio.create_task(asyncio.sleep(0.5))
        working = asyncio.get_running_loop().run_in_executor(None, done.wait, 5)
        asyncio.get_running_loop().call_soon(done.set)
        assert await working
        assert clock.monotonic == pytest.approx(1_000, abs=SOON_S)
        await ticking

    virtual_time.run(NEW_YEAR, main)


def test_a_loop_without_anything_to_wait_for_says_so(monkeypatch):
    monkeypatch.setattr(virtual_time, "STUCK_S", 0.05)

    async def main(clock):
        await asyncio.Event().wait()

    with pytest.raises(AssertionError, match="no timer"):
        virtual_time.run(NEW_YEAR, main)


@pytest.mark.long
def test_a_real_venue_answers_a_real_client_without_the_network():
    async def main(clock):
        async with (
            running(speed=0.001) as venue,
            httpx.AsyncClient(verify=NO_TLS, base_url=venue.rest, trust_env=False) as client,
        ):
            venue.tastytrade.step = 60.0
            await asyncio.sleep(DAY_S)
            answer = await client.get(f"{venue.rest}/_sim/stats")
            assert answer.status_code == 200
            assert venue.tastytrade.market.seconds == pytest.approx(86.4, abs=0.12)
            with pytest.raises(httpx.ConnectError):
                await client.get("http://127.0.0.1:9/")

    virtual_time.run(NEW_YEAR, main)
