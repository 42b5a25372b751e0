"""Bars make coarser bars, in slots that begin where dxFeed's do."""

import datetime
import math

import pytest
from hypothesis import given
from hypothesis import strategies as some

from simulator.market import bars, calendar
from simulator.market.bars import DAY, HALF_HOUR, MINUTE, SECOND, BarPeriod, SimBar, Slots, Track

NOON = calendar.at_clock(datetime.date(2026, 11, 18), 12)
YEAR_ENDS = calendar.at_clock(datetime.date(2026, 12, 31), 23, 59)


def start_of(period: BarPeriod, *moment: int) -> str:
    """Return when the slot of a moment of UTC begins, in UTC."""
    at = datetime.datetime(*moment, tzinfo=datetime.UTC)  # type: ignore[misc, arg-type]
    begin = Slots(period).start(round(at.timestamp() * 1000))
    return f"{datetime.datetime.fromtimestamp(begin / 1000, datetime.UTC):%Y-%m-%d %H:%M}"


@some.composite
def traded(draw: some.DrawFn) -> list[SimBar]:
    """Bars of a second, the newest first, with gaps between them."""
    at, made = NOON, list[SimBar]()
    for gap in draw(some.lists(some.integers(1, 2000), min_size=1, max_size=30)):
        at += gap * SECOND
        prices = draw(some.lists(some.integers(100, 200).map(float), min_size=4, max_size=4))
        volume = float(draw(some.integers(1, 50)))
        made.append(
            SimBar(
                at, prices[0], max(prices), min(prices), prices[3], draw(some.integers(1, 5)),
                volume, volume * prices[1], volume, 0.0, 0.25,
            )
        )  # fmt: skip
    return made[::-1]


@given(traded())
def test_bars_of_minutes_make_the_same_hours_as_bars_of_seconds(seconds: list[SimBar]):
    minutes = bars.gather(seconds, Slots(BarPeriod("m")))
    hours = list(bars.gather(seconds, Slots(BarPeriod("h"))))
    assert list(bars.gather(minutes, Slots(BarPeriod("h")))) == hours
    assert hours[0].close == seconds[0].close
    assert hours[-1].open == seconds[-1].open
    assert sum(bar.volume for bar in hours) == sum(bar.volume for bar in seconds)
    assert max(bar.high for bar in hours) == max(bar.high for bar in seconds)
    assert min(bar.low for bar in hours) == min(bar.low for bar in seconds)


def test_what_has_no_volume_has_none_in_any_sum_and_no_average_price():
    quote = bars.point(NOON, 10.0)
    quote.merge(SimBar(NOON, 11.0, 11.0, 11.0, 11.0, volume=5.0, turnover=55.0))
    assert math.isnan(quote.volume)
    assert math.isnan(quote.vwap)
    assert math.isnan(SimBar(NOON, 11.0, 11.0, 11.0, 11.0, volume=0.0, turnover=0.0).vwap)
    assert (quote.open, quote.close, quote.count) == (10.0, 11.0, 2)
    assert SimBar(NOON, 11.0, 11.0, 11.0, 11.0, volume=5.0, turnover=55.0).vwap == 11.0


@pytest.mark.parametrize(("unit", "number"), [("y", 1), ("t", 1), ("", 1), ("m", 0), ("m", -1), ("m", 5001)])
def test_there_is_no_period_of_an_unknown_unit_or_of_an_absurd_length(unit: str, number: int):
    assert bars.period(unit, number) is None


def test_the_longest_period_has_five_thousand_units():
    assert bars.period("m", 5000, by_session=True) == BarPeriod("m", 5000, by_session=True)


@pytest.mark.parametrize(
    ("period", "step"),
    [
        (BarPeriod("s", 30), SECOND),
        (BarPeriod("m", 1), MINUTE),
        (BarPeriod("m", 45), MINUTE),
        (BarPeriod("m", 30), HALF_HOUR),
        (BarPeriod("h", 4), HALF_HOUR),
        (BarPeriod("d", 1), DAY),
        (BarPeriod("mo", 1), DAY),
    ],
)
def test_a_candle_is_made_of_the_coarsest_bars_that_fit(period: BarPeriod, step: int):
    assert period.step == step


@pytest.mark.parametrize(
    ("period", "moment", "begin"),
    [
        (BarPeriod("h", 4), (2026, 11, 18, 17, 59), "2026-11-18 17:00"),
        (BarPeriod("h", 4, by_session=True), (2026, 11, 18, 18, 29), "2026-11-18 14:30"),
        (BarPeriod("h", 4, by_session=True), (2026, 11, 18, 6, 0), "2026-11-18 05:00"),
        (BarPeriod("d"), (2026, 11, 18), "2026-11-18 00:00"),
        (BarPeriod("w"), (2026, 11, 22), "2026-11-16 00:00"),
        (BarPeriod("w"), (2026, 11, 23), "2026-11-23 00:00"),
        (BarPeriod("mo"), (2026, 11, 30), "2026-11-01 00:00"),
        (BarPeriod("mo", 3), (2026, 12, 31), "2026-10-01 00:00"),
        (BarPeriod("mo", 12), (2026, 12, 31), "2026-01-01 00:00"),
        (BarPeriod("mo", 5000), (2026, 12, 31), "1666-09-01 00:00"),
    ],
)
def test_a_slot_begins_on_new_yorks_clock_or_on_the_calendar(period: BarPeriod, moment: tuple[int, ...], begin: str):
    assert start_of(period, *moment) == begin


@given(
    some.integers(YEAR_ENDS - 366 * DAY, YEAR_ENDS),
    some.sampled_from(("s", "m", "h")),
    some.integers(1, 5000),
    some.booleans(),
)
def test_a_slot_within_a_day_holds_its_moment_and_does_not_reach_over_midnight(
    at: int, unit: bars.Unit, number: int, by_session: bool
):
    slots = Slots(BarPeriod(unit, number, by_session))
    begin = slots.start(at)
    assert calendar.at_clock(calendar.day_of(at), 0) <= begin <= at
    assert slots.start(begin) == begin
    assert slots.start(calendar.day_ends(at)) == calendar.day_ends(at)


def test_a_period_that_does_not_divide_the_day_begins_anew_at_midnight():
    slots = Slots(BarPeriod("m", 7))
    midnight = calendar.at_clock(datetime.date(2026, 11, 19), 0)
    assert slots.start(midnight - 1) == midnight - DAY + (DAY - 1) // (7 * MINUTE) * 7 * MINUTE
    assert slots.start(midnight) == midnight


def test_a_track_gives_back_what_came_in_the_newest_first():
    track = Track(MINUTE, DAY)
    assert list(track.bars(0)) == []
    for minute in range(3):
        track.apply(NOON + minute * MINUTE, bars.point(NOON + minute * MINUTE + 5, 10.0 + minute))
    assert [(bar.at, bar.close) for bar in track.bars(NOON + MINUTE)] == [
        (NOON + 2 * MINUTE, 12.0), (NOON + MINUTE, 11.0),
    ]  # fmt: skip
    assert list(track.bars(NOON + 2 * MINUTE + 1)) == []
    assert [bar.close for bar in track.bars(NOON, NOON + MINUTE)] == [11.0, 10.0]
    assert [bar.close for bar in track.bars(0, NOON)] == [10.0]
    assert list(track.bars(0, NOON - 1)) == []


def test_a_track_puts_into_its_newest_slot_what_comes_under_a_clock_that_was_put_back():
    track = Track(MINUTE, DAY)
    track.apply(NOON, bars.point(NOON, 10.0))
    track.apply(NOON - MINUTE, bars.point(NOON - MINUTE, 9.0))
    (only,) = track.bars(0)
    assert (only.at, only.open, only.low, only.close, only.count) == (NOON, 10.0, 9.0, 9.0, 2)


def test_a_track_forgets_what_begins_longer_before_the_newest_than_it_keeps():
    track = Track(SECOND, 2 * SECOND)
    for second in range(5):
        track.apply(NOON + second * SECOND, bars.point(NOON, 10.0))
    assert [(bar.at - NOON) // SECOND for bar in track.bars(0)] == [4, 3, 2]
