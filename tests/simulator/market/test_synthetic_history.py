"""A past is made up from a seed: of bars that sum up, on the days and in the hours of its market."""

import datetime
import itertools
import math
import random
import sys
import types

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from simulator.market import bar_split, calendar, synthetic_days
from simulator.market.bars import DAY, HALF_HOUR, MINUTE, NAN, SimBar
from simulator.market.synthetic_days import PastOrigin, SyntheticHours, SyntheticSession
from simulator.market.synthetic_history import SyntheticPast

WEDNESDAY = datetime.date(2026, 11, 18)
NOON = calendar.at_clock(WEDNESDAY, 12)
TODAY = SimBar(
    calendar.at_clock(WEDNESDAY, 9, 30), 99.0, 103.0, 98.0, 101.5, 400, 9000.0, 900_000.0, 4500.0, 4500.0, 0.3
)
ORIGIN = PastOrigin(
    seed="7:XYZ:past", at=NOON, day=WEDNESDAY, close=98.5, today=TODAY, volatility=0.3, volume=20_000.0,
    count=1000, iv=0.3, tick=0.01, hours=SyntheticHours(),
)  # fmt: skip


def origin_of(kind: str, **changes: object) -> PastOrigin:
    return msgspec.structs.replace(ORIGIN, hours=SyntheticHours(kind), **changes)


@some.composite
def whole_bars(draw: some.DrawFn) -> SimBar:
    """A bar on ticks of a cent; an index has no volume, and what trades has at least a share a print."""
    opened, close = draw(some.integers(1, 500)), draw(some.integers(1, 500))
    high, low = max(opened, close) + draw(some.integers(0, 50)), max(1, min(opened, close) - draw(some.integers(0, 50)))
    count = draw(some.integers(1, 400))
    volume = draw(some.one_of(some.just(NAN), some.integers(count, 90_000).map(float)))
    bid = math.floor(volume / 2) if volume == volume else NAN
    first, top, bottom, last = (round(cents / 100, 2) for cents in (opened, high, low, close))
    return SimBar(NOON, first, top, bottom, last, count, volume, NAN, bid, volume - bid, 0.3)


@given(whole_bars(), some.integers(1, 60), some.integers(0, 99))
def test_the_bars_inside_a_bar_sum_up_to_it(whole: SimBar, number: int, seed: int):
    starts = [NOON + n * MINUTE for n in range(number)]
    made = bar_split.split(whole, starts, [1.0] * number, random.Random(seed), 0.01, 1.0)
    assert (made[0].open, made[-1].close) == (whole.open, whole.close)
    assert max(bar.high for bar in made) == whole.high
    assert min(bar.low for bar in made) == whole.low
    assert sum(bar.count for bar in made) == whole.count
    assert [bar.at for bar in made] == sorted({bar.at for bar in made} & set(starts))
    for bar in made:
        assert bar.count > 0
        assert bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high
    if whole.volume == whole.volume:
        assert sum(bar.volume for bar in made) == whole.volume
        assert all(bar.volume >= bar.count for bar in made), "each print has a share at least"
        assert sum(bar.bid_volume for bar in made) == whole.bid_volume
    else:
        assert all(math.isnan(bar.volume) and math.isnan(bar.bid_volume) for bar in made)


@pytest.mark.parametrize("step", [HALF_HOUR, MINUTE])
def test_the_past_ends_where_its_origin_stands(step: int):
    bars = list(SyntheticPast(ORIGIN).bars(step, TODAY.at))
    assert [bar.at for bar in bars] == sorted((bar.at for bar in bars), reverse=True)
    assert (bars[0].close, bars[-1].open) == (TODAY.close, TODAY.open)
    assert TODAY.at <= bars[-1].at < bars[0].at < NOON
    assert sum(bar.volume for bar in bars) == TODAY.volume


@settings(max_examples=20)
@given(some.integers(0, 2 * DAY))
def test_no_bar_begins_before_what_was_asked_for(back: int):
    past, every = SyntheticPast(ORIGIN), SyntheticPast(ORIGIN)
    since = NOON - back
    assert list(past.bars(MINUTE, since)) == [bar for bar in every.bars(MINUTE, NOON - 3 * DAY) if bar.at >= since]


@settings(max_examples=20)
@given(some.integers(0, 3 * DAY), some.integers(0, DAY))
def test_no_bar_begins_after_what_was_asked_for(back: int, length: int):
    past, every = SyntheticPast(ORIGIN), SyntheticPast(ORIGIN)
    until = NOON - back
    wanted = [bar for bar in every.bars(MINUTE, until - length) if bar.at <= until]
    assert list(past.bars(MINUTE, until - length, until)) == wanted


@pytest.mark.parametrize("is_given", [False, True])
def test_days_end_with_the_one_that_was_asked_for(is_given: bool):
    given_days = list(itertools.islice(synthetic_days.walk(ORIGIN), 30)) if is_given else None
    past, every = SyntheticPast(ORIGIN, given_days), SyntheticPast(ORIGIN, given_days)
    last = calendar.day_id(datetime.date(2026, 11, 8)) * DAY
    found = list(past.days(last - 10 * DAY, last, regular=True))
    assert found == [bar for bar in every.days(last - 10 * DAY, regular=True) if bar.at <= last]
    assert [calendar.day_by_id(bar.at // DAY).day for bar in found] == [6, 5, 4, 3, 2, 30, 29]


@pytest.mark.parametrize(("step", "length"), [(DAY, 28 * DAY), (HALF_HOUR, 7 * DAY), (MINUTE, DAY)])
@pytest.mark.parametrize("kind", ["equity", "future", "crypto"])
def test_any_stretch_of_ten_years_costs_the_same(kind: str, step: int, length: int):
    costs = []
    for year in range(10):
        until = NOON - DAY - year * 364 * DAY
        for seed in ("the calendar is remembered", "so the second past alone counts"):
            past = SyntheticPast(origin_of(kind, seed=seed, today=None, count=100_000, volume=2e6))
            calls, bars = _count_calls(past, step, until - length, until)
        costs.append(calls / bars)
    assert max(costs) < 1.2 * min(costs)


def _count_calls(past: SyntheticPast, step: int, since: int, until: int) -> tuple[int, int]:
    """Return how many calls of functions a stretch takes, and how many bars it has."""
    calls = 0

    def note(_frame: types.FrameType, event: str, _given: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        bars = list(past.days(since, until, regular=False) if step == DAY else past.bars(step, since, until))
    finally:
        sys.setprofile(before)
    return calls, len(bars)


def test_a_day_without_trades_yet_has_no_bar():
    days = list(SyntheticPast(origin_of("equity", today=None)).days(NOON - 5 * DAY, regular=True))
    assert [calendar.day_of(bar.at + DAY // 2).day for bar in days] == [17, 16]
    assert days[0].close == ORIGIN.close


def test_days_leave_out_what_was_before_and_after_the_session_where_that_is_asked_for():
    whole, regular = (
        list(SyntheticPast(ORIGIN).days(NOON - 30 * DAY, regular=is_regular)) for is_regular in (False, True)
    )
    assert [bar.at for bar in whole] == [bar.at for bar in regular]
    assert whole[0] == regular[0] == msgspec.structs.replace(TODAY, at=whole[0].at), "today has only been regular"
    assert all(bar.volume > other.volume for bar, other in zip(whole[1:], regular[1:], strict=True))


@pytest.mark.long
@pytest.mark.parametrize(
    ("kind", "days"),
    [
        ("equity", [25, 24, 23, 20]),
        ("index", [25, 24, 23, 20]),
        ("future", [26, 25, 24, 23]),
        ("crypto", [28, 27, 26, 25]),
    ],
)
def test_sessions_are_on_the_days_of_their_market(kind: str, days: list[int]):
    sunday = datetime.date(2026, 11, 29)
    walked = [*synthetic_days.walk(origin_of(kind, day=sunday))]
    friday = [27] if kind in ("equity", "index", "future") else []
    assert [session.day.day for session in walked[: len(friday) + 4]] == [*friday, *days]
    assert sunday - walked[-1].day == synthetic_days.DEPTH


@pytest.mark.long
@pytest.mark.parametrize("kind", ["equity", "future", "crypto"])
def test_the_past_keeps_plausible_prices_on_ticks(kind: str):
    walked = list(itertools.islice(synthetic_days.walk(origin_of(kind, tick=0.25, close=98.5)), 1000))
    assert walked[0].regular.close == 98.5
    for session in walked:
        assert (session.before is not None) == (session.after is not None) == (kind == "equity")
        for bar in (session.before, session.regular, session.after):
            if bar is not None:
                assert bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high
                assert all(price % 0.25 == 0 for price in (bar.open, bar.high, bar.low, bar.close))
        assert 2 < session.regular.close < 5000


def test_a_night_leads_from_one_close_to_the_next_open():
    walked = list(itertools.islice(synthetic_days.walk(ORIGIN), 500))
    for session, earlier in itertools.pairwise(walked):
        assert session.before is not None
        assert earlier.after is not None
        assert earlier.after.open == earlier.regular.close
        assert session.before.close == session.regular.open
        assert abs(math.log(session.before.open / earlier.after.close)) < 0.1, "the market sleeps from 20:00 to 4:00"
        assert abs(math.log(session.regular.open / earlier.regular.close)) < 0.2


def test_one_seed_has_one_past():
    other = msgspec.structs.replace(ORIGIN, seed="8:XYZ:past")
    one, again, another = (list(itertools.islice(synthetic_days.walk(each), 250)) for each in (ORIGIN, ORIGIN, other))
    assert one == again != another


def test_a_session_whole_opens_before_it_and_closes_after_it():
    before, regular, after = (SimBar(n, 10.0 + n, 12.0 + n, 9.0 - n, 11.0 + n, 1, 5.0) for n in range(3))
    session = SyntheticSession(WEDNESDAY, regular, before, after)
    whole = session.whole(77, regular=False)
    assert (whole.at, whole.open, whole.high, whole.low, whole.close) == (77, 10.0, 14.0, 7.0, 13.0)
    assert (whole.count, whole.volume) == (3, 15.0)
    assert session.whole(77, regular=True) == msgspec.structs.replace(regular, at=77)
    assert (session.regular.at, session.regular.volume) == (1, 5.0), "the session itself is left as it is"


@pytest.mark.parametrize(
    ("hours", "clock", "is_regular"),
    [
        (SyntheticHours(), (9, 29), False),
        (SyntheticHours(), (9, 30), True),
        (SyntheticHours(), (15, 59), True),
        (SyntheticHours(), (16, 0), False),
        (SyntheticHours("future"), (3, 0), True),
        (SyntheticHours("crypto"), (23, 0), True),
        (SyntheticHours("equity", NOON - 60_000), (20, 0), True),
        (SyntheticHours("equity", NOON + DAY), (20, 0), False),
    ],
)
def test_a_trade_is_regular_in_the_hours_of_its_market(hours: SyntheticHours, clock: tuple[int, int], is_regular: bool):
    assert hours.is_regular(calendar.at_clock(WEDNESDAY, *clock)) == is_regular


def test_a_half_day_ends_at_one_and_a_coins_day_when_the_clocks_change_has_25_hours():
    begin, end = SyntheticHours().regular(datetime.date(2026, 11, 27))
    assert end - begin == 7 * HALF_HOUR
    begin, end = SyntheticHours("crypto").regular(datetime.date(2026, 11, 1))
    assert end - begin == 50 * HALF_HOUR
