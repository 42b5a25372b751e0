"""Claims about candles: the venue's two ways to tell them, put together, and what changed between two answers."""

import datetime
import typing

import pytest
from hypothesis import given
from hypothesis import strategies as some

from brokers.adapter.candle_slot import Chart
from brokers.contract.broker import Series
from brokers.contract.events import Candle
from brokers.tradier.market_data.candles import HISTORY, TIMESALES, Polled, oldest_first, query, to_bars
from tests.brokers.stand import Recorder

NOW = datetime.datetime(2026, 11, 20, 20, 0, tzinfo=datetime.UTC)
MINUTE = 60_000


def at(text: str) -> int:
    return int(datetime.datetime.fromisoformat(text + "+00:00").timestamp() * 1000)


def sale(text: str, close: float = 10.0, **fields: object) -> dict[str, object]:
    """One row of time and sales, as the venue writes it: New York's time, and seconds since the epoch."""
    row = {"time": "…", "timestamp": at(text) // 1000, "price": close, "open": 9.0, "high": 11.0, "low": 8.0}
    return row | {"close": close, "volume": 100, "vwap": 10.0} | fields


def test_less_than_a_day_comes_from_time_and_sales_of_all_hours():
    asked = query(Series("SPY", "5m"), NOW - datetime.timedelta(hours=2), NOW)
    assert asked.path == TIMESALES
    assert asked.params == {"symbol": "SPY", "interval": "5min", "start": "2026-11-20 13:00", "session_filter": "all"}


def test_what_the_venue_has_no_more_is_not_asked_for():
    assert query(Series("SPY", "1m"), NOW - datetime.timedelta(days=90), NOW).params["start"] == "2026-11-10 15:00"


@pytest.mark.parametrize(
    ("interval", "theirs", "start"), [("1d", "daily", "2026-11-02"), ("1w", "weekly", "2026-10-26")]
)
def test_days_and_longer_come_from_its_history(interval, theirs, start):
    asked = query(Series("SPY", interval), datetime.datetime(2026, 11, 2, tzinfo=datetime.UTC), NOW)
    assert (asked.path, asked.params["interval"], asked.params["start"]) == (HISTORY, theirs, start)


def test_hours_are_put_together_from_quarters_and_counted_from_new_yorks_midnight():
    data = [
        sale("2026-11-20 14:30", 10, high=12, vwap=9.0, volume=300), sale("2026-11-20 14:45", 11, low=7),
        sale("2026-11-20 17:00", 12), sale("2026-11-20 16:45", 13),
    ]  # fmt: skip
    hours, _ = to_bars(Series("SPY", "1h"), {"series": {"data": data[:2]}}, 5, False)
    (bar,) = hours.values()
    assert (bar.time, bar.open, bar.high, bar.low, bar.close) == (at("2026-11-20 14:00"), 9.0, 12, 7, 11)
    assert (bar.volume, bar.vwap) == (400, 9.25)
    four, _ = to_bars(Series("SPY", "4h"), {"series": {"data": data}}, 5, False)
    assert sorted(four) == [at("2026-11-20 13:00"), at("2026-11-20 17:00")]  # 8:00 and 12:00 in New York


def test_rows_count_once_in_whichever_order_they_come():
    data = [
        sale("2026-11-20 14:45", 11), sale("2026-11-20 14:30", 10, open=9.5), sale("2026-11-20 14:45", 11.5),
        sale("2026-11-20 14:30", 10, open=9.5),
    ]  # fmt: skip
    hours, _ = to_bars(Series("SPY", "1h"), {"series": {"data": data}}, 5, False)
    (bar,) = hours.values()
    assert (bar.open, bar.close, bar.volume) == (9.5, 11.5, 200)
    minutes, _ = to_bars(Series("SPY", "1m"), {"series": {"data": data}}, 5, False)
    assert [(one.close, one.volume) for one in minutes.values()] == [(10, 100), (11.5, 100)]


def test_days_weeks_and_months_begin_when_candles_do():
    day = {"date": "2026-11-19", "open": 1.0, "high": 2.0, "low": 0.5, "close": 1.5, "volume": 10}
    begins = {"1d": "2026-11-19 00:00", "1w": "2026-11-16 00:00", "1mo": "2026-11-01 00:00"}
    for interval, begin in begins.items():
        bars, _ = to_bars(Series("SPY", interval), {"history": {"day": day}}, 5, False)  # type: ignore[arg-type]
        assert list(bars) == [at(begin)]


def test_nothing_is_no_candles_and_a_bad_row_is_counted():
    assert to_bars(Series("SPY", "1d"), {"history": None}, 5, False) == ({}, 0)
    assert to_bars(Series("SPY", "1m"), {"series": "null"}, 5, False) == ({}, 0)
    rows = [sale("2026-11-20 14:30"), {"time": "?"}, sale("2026-11-20 14:31", close=0.0), {"timestamp": "x"}]
    bars, bad = to_bars(Series("SPY", "1m"), {"series": {"data": rows}}, 5, False)
    assert (len(bars), bad) == (1, 3)


def test_a_history_ends_with_the_candle_that_may_change():
    bars, _ = to_bars(
        Series("SPY", "1m"), {"series": {"data": [sale(f"2026-11-20 14:3{n}") for n in range(3)]}}, 5, False
    )  # fmt: skip
    start = datetime.datetime(2026, 11, 20, 14, 31, tzinfo=datetime.UTC)
    told = oldest_first(bars, start, at("2026-11-20 14:32") + 30_000)
    assert [(bar.time, bar.closed) for bar in told] == [(at("2026-11-20 14:31"), True), (at("2026-11-20 14:32"), False)]


@given(some.lists(some.tuples(some.integers(0, 3), some.integers(-3, 0), some.integers(1, 9)), max_size=25))
def test_a_chart_that_joins_slot_and_history_has_what_the_venue_has(changes):
    """The rule of docs/protocol.md, over a venue whose candles grow, change late and vanish between two answers."""
    series, told = Series("SPY", "1m"), Recorder()
    chart, polled = Chart(series), Polled()
    base = at("2026-11-20 14:00")
    truth = {base: 1}
    bars: dict[int, typing.Any] = {}
    noted = mark = None
    now = base

    def candles() -> dict[int, Candle]:
        return {
            time: Candle(symbol="SPY", interval="1m", time=time, open=1, high=1, low=1, close=1, volume=volume)
            for time, volume in truth.items()
        }

    for forward, back, volume in changes:
        now += forward * MINUTE
        time = max(base, now + back * MINUTE)
        if volume == 9 and len(truth) > 1:
            truth.pop(max(truth))
        else:
            truth[time] = volume
        since = chart.since(now)
        whole = polled.apply({t: c for t, c in candles().items() if t >= since}, since, now)
        if whole is not None:
            chart.apply(whole, told)
        slot = told.of(Candle)[-1]
        if slot.gone is True:
            continue
        earlier = slot.earlier if isinstance(slot.earlier, tuple) else ()
        shown: dict[int, typing.Any] = {slot.time: slot.volume} | {bar.time: bar.volume for bar in earlier}
        if noted != slot.revised_at or mark is None or min(shown) > mark:
            bars = dict(truth)
        bars = {t: v for t, v in bars.items() if t < min(shown)} | shown
        noted, mark = slot.revised_at, sorted(shown)[-2] if len(shown) > 1 else slot.time
        assert bars == truth
