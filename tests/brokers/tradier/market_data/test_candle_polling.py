"""Claims about watched candles: polled, and yet joined to their history without a seam."""

import datetime
import typing

import pytest

from brokers.contract.broker import Series
from brokers.contract.events import Candle
from brokers.tradier import Tradier
from brokers.tradier.market_data import candles
from simulator.market import calendar
from tests.brokers.stand import Recorder, Stand
from tests.brokers.tradier.conftest import asked, impatient, running, sandboxed
from tests.support import moments

SALES, DAYS = "GET /v1/markets/timesales", "GET /v1/markets/history"
NAMES = ("open", "high", "low", "close", "volume", "vwap")


def values(bar: typing.Any) -> tuple[typing.Any, ...]:
    return bar.time, *(getattr(bar, name) for name in NAMES)


def joined(told: Recorder, series: Series, history: list[Candle]) -> list[tuple[typing.Any, ...]]:
    """Put a slot behind a history, as docs/protocol.md says."""
    slot = told.of(Candle, symbol=series.symbol, interval=series.interval)[-1]
    earlier = slot.earlier if isinstance(slot.earlier, tuple) else ()
    shown = [values(bar) for bar in (*earlier, slot)]
    return [values(bar) for bar in history if bar.time < shown[0][0]] + shown


def ago(**time: float) -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC) - datetime.timedelta(**time)


SERIES = {
    Series("QQQ", "1m"): 3,
    Series("QQQ", "1h"): 100,
    Series("QQQ", "1d"): 24 * 90,
    Series("QQQ", "1mo"): 24 * 900,
}
"""Series, and how many hours of history are asked for."""


@pytest.mark.moment(moments.MIDDAY)  # after midnight three hours of the past have few candles
@pytest.mark.long
async def test_slots_and_histories_are_of_one_piece(venue: Stand):
    async with running(impatient(venue), candles=set(SERIES)) as run:
        for series, hours in SERIES.items():
            await run.told.until(lambda told, series=series: told.of(Candle, interval=series.interval))  # type: ignore[misc]
            first = run.told.of(Candle, interval=series.interval)[0]
            assert first.revised_at
            history = await run.broker.candles(series, ago(hours=hours))
            assert len(history) > 20
            times = [bar.time for bar in history]
            assert times == sorted(set(times))
            assert [bar.closed for bar in history[:-1]] == [True] * (len(history) - 1)
            whole = joined(run.told, series, history)
            assert whole[:-1] == [values(bar) for bar in history][: len(whole) - 1]
            assert all(bar.low <= bar.open <= bar.high and bar.low <= bar.close <= bar.high for bar in history)  # type: ignore[operator]
        await run.told.until(lambda told: len({event.close for event in told.of(Candle, interval="1m")}) > 1)
        assert len({event.revised_at for event in run.told.of(Candle, interval="1m")}) == 1, "nothing was revised"


@moments.at_each_hour
async def test_an_hour_is_the_sum_of_its_minutes(venue: Stand, hour: str):
    broker = impatient(venue)
    hours = await broker.candles(Series("SPY", "1h"), ago(days=7))
    quarters = await broker.candles(Series("SPY", "15m"), ago(days=7))
    await broker.close()
    assert len(hours) > 3 * 12, "of three sessions at least, and of what was before and after them"
    for bar in hours[1:-1]:  # the first may have begun earlier, the last goes on meanwhile
        inside = [quarter for quarter in quarters if bar.time <= quarter.time < bar.time + 3_600_000]
        assert (bar.open, bar.close) == (inside[0].open, inside[-1].close)
        highs, lows, volumes = zip(*((one.high, one.low, one.volume) for one in inside), strict=True)
        assert (bar.high, bar.low) == (max(highs), min(lows))
        assert bar.volume == pytest.approx(sum(volumes))
        if _is_within_a_session(bar.time):
            assert len(inside) == 4


def _is_within_a_session(begins: int) -> bool:
    """Whether the hour that begins then is one of a regular session from its begin to its end."""
    day = calendar.day_of(begins)
    return calendar.is_trading_day(day) and calendar.at_clock(day, 10) <= begins < calendar.closing(day)


async def test_what_the_venue_has_no_more_is_left_out(venue: Stand, monkeypatch: pytest.MonkeyPatch):
    """Its own word for how far it goes back decides, whatever we think."""
    monkeypatch.setitem(candles.DEPTH_DAYS, "5min", 400)
    broker = impatient(venue)
    found = await broker.candles(Series("SPY", "5m"), ago(days=90))
    await broker.close()
    assert found[0].time > ago(days=19).timestamp() * 1000
    assert asked(venue, SALES) == 2


@pytest.mark.parametrize("symbol", ["NOSUCH", "/ESZ6", "BTC/USD"])
async def test_what_is_not_listed_has_no_candles(venue: Stand, symbol: str):
    broker: Tradier = impatient(venue)
    for interval in ("1m", "1d"):
        assert await broker.candles(Series(symbol, interval), ago(hours=2)) == []
    await broker.close()


async def test_candles_nobody_watches_any_more_are_not_asked_for(venue: Stand):
    async with running(sandboxed(venue), candles={Series("QQQ", "5m")}) as run:
        await run.told.until(lambda told: told.of(Candle))
        assert {event.delayed for event in run.told.of(Candle)} == {True}
        run.watch.set_demand(type(run.watch.demand)())
        before = venue.running.tradier_stats()["requests"]
        clock = len([1 for event in run.told.events])
        await run.told.until(lambda told: len(told.events) > clock + 12, within=10)
        sales = "GET /sandbox/v1/markets/timesales"
        assert venue.running.tradier_stats()["requests"][sales] <= before[sales] + 1
