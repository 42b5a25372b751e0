"""Claims about days of a link, each lived through in seconds: real client and venue, virtual clocks.

`make soak` lives through more of them, and at full pace.
"""

import asyncio
import itertools
import os

import pytest

from brokers.adapter.market_hours import ASK_S
from brokers.tastytrade.timeouts import TastytradeTimeouts
from tests.brokers import days
from tests.brokers.days import HOUR_S, NIGHT, SESSION, new_york
from tests.support import virtual_time

pytestmark = pytest.mark.long

FULL = bool(os.environ.get("SOAK"))
LIMITS = (
    TastytradeTimeouts() if FULL else TastytradeTimeouts(tick_s=5.0, reconcile_s=600.0, heartbeat_s=50.0, call_s=60.0)
)
"""In `make test` what is slow is looked at more rarely: most of a day is spent on looking."""
SUNDAYS = [("2026-03-08", "2026-03-09"), ("2026-11-01", "2026-11-02")][: 2 if FULL else 1]
"""The days on which New York's clocks are set, and those after them."""
LATE_S = 7 + 2 * SESSION
"""How late the change of a session may be told: it is given time to settle, and the venue moves in steps."""


def assert_tokens_never_missed(day):
    """Each token was replaced at two thirds of its life, once, and none was shown when it was over."""
    gaps = [after - before for before, after in itertools.pairwise(day.diary.refreshes)]
    assert min(gaps) > 569, "a token was refreshed twice"
    assert max(gaps) < 605, "a token was refreshed late"
    stats = day.stats()
    assert (stats["unauthorized"], set(stats["statuses"])) == (0, {"200"})
    assert stats["tokens"][days.ACCOUNT]["refused"] == 0


def assert_phases(day, *expected):
    told = day.diary.phases
    assert [phase for phase, _ in told[1:]] == [phase for phase, _ in expected]
    late = [(at - new_york(moment)).total_seconds() for (_, at), (_, moment) in zip(told[1:], expected, strict=True)]
    bounds = [ASK_S + NIGHT if phase == "pre" else LATE_S for phase, _ in expected]  # the venue does not tell its hour
    assert all(0 <= seconds <= bound for seconds, bound in zip(late, bounds, strict=True)), late


@pytest.mark.parametrize(("sunday", "monday"), SUNDAYS)
def test_from_a_sunday_with_dst_into_a_session_with_a_clock_that_is_wrong(tmp_path, sunday, monday):
    """The hour that New York leaves out or has twice, quote tokens, the opening, and a wall clock a minute off."""

    async def main(clock):
        async with days.day(clock, tmp_path, LIMITS) as day:
            await day.until(f"{sunday}T04:00", NIGHT)
            before = virtual_time.count()
            clock.step(60)
            await asyncio.sleep(4 * HOUR_S)
            clock.step(-120)
            await day.until(f"{monday}T00:00", NIGHT)
            after = virtual_time.count()
            await day.until(f"{monday}T09:15", NIGHT)
            await day.until(f"{monday}T09:45", SESSION)
            assert day.diary.states == ["live"]
            assert_phases(day, ("pre", f"{monday}T04:00"), ("open", f"{monday}T09:30"))
            assert_tokens_never_missed(day)
            assert day.stats()["opened"] == {"alerts": 1, "dxlink": 2}
            assert after.grown(before) == {}

    virtual_time.run(new_york(f"{sunday}T00:30"), main)


@pytest.fixture(params=[60, -60])
def live_through(request, tmp_path):
    """Lives through what a coroutine function of (clock, day) says, from a moment on, with the wall clock wrong."""

    def run(begin, lived):
        async def main(clock):
            async with days.day(clock, tmp_path, LIMITS) as day:
                clock.step(request.param)
                await lived(clock, day)

        virtual_time.run(new_york(begin), main)

    return run


def test_right_after_the_opening_a_silent_feed_is_missed_though_the_wall_clock_is_wrong(live_through):
    async def lived(clock, day):
        await day.until("2026-11-27T09:30:20", SESSION)
        day.venue.running.fault("mute", stream="dxlink")
        await day.diary.until(lambda told: told.states[-1] == "stale", within=60)
        assert (clock.true - new_york("2026-11-27T09:30:20")).total_seconds() <= LIMITS.pulse_s + LIMITS.tick_s + 1
        assert day.diary.states == ["live", "stale"]

    live_through("2026-11-27T09:00", lived)


def test_nobody_is_missed_after_an_early_close_though_the_wall_clock_is_wrong(live_through):
    async def lived(_, day):
        await day.until("2026-11-27T13:30", SESSION)
        assert day.diary.states == ["live"]
        assert_phases(day, ("post", "2026-11-27T13:00"))

    live_through("2026-11-27T12:30", lived)


def test_on_a_holiday_nobody_misses_the_market(tmp_path):
    """Thanksgiving, which the venue does not tell: it answers no question about its hours since the evening before.

    The machine sleeps through the night.
    """

    async def main(clock):
        async with days.day(clock, tmp_path, LIMITS) as day:
            await day.until("2026-11-25T16:30", SESSION)
            day.venue.running.fault("rest", mode="500", path="/market-time/sessions/current")
            clock.sleep(16.9 * HOUR_S)
            await day.until("2026-11-26T10:00", NIGHT)
            assert day.diary.states == ["live"]

    virtual_time.run(new_york("2026-11-25T15:30"), main)


def test_a_clock_set_by_hours_and_a_machine_that_slept_cost_no_refresh_too_many(tmp_path):
    async def main(clock):
        async with days.day(clock, tmp_path, LIMITS) as day:
            for hours in (2, -3, 1):
                clock.step(hours * HOUR_S)
                await asyncio.sleep(0.5 * HOUR_S)
            assert_tokens_never_missed(day)
            slept = len(day.diary.refreshes)
            clock.sleep(HOUR_S)
            await asyncio.sleep(LIMITS.heartbeat_s + 1)
            assert len(day.diary.refreshes) == slept + 1
            await asyncio.sleep(560 - LIMITS.heartbeat_s)
            assert len(day.diary.refreshes) == slept + 1

    virtual_time.run(new_york("2026-11-21T12:00"), main)
