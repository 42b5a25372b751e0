"""Claims about candles over the wire: the past and the live ones are one series, whatever happens to the connection."""

import asyncio
import collections
import datetime
import itertools
import time
import typing

import msgspec
import pytest

from brokers.adapter.candle_slot import LENGTHS
from brokers.contract.broker import Demand, Series
from brokers.contract.errors import LinkLost, NotSupported
from brokers.contract.events import Bar, Candle, Interval, Quote
from brokers.tastytrade.market_data import candle_request
from brokers.tastytrade.market_data.dxlink import FIRST_REQUEST
from simulator import server as server_module
from simulator.market import calendar
from simulator.tastytrade import venue as venue_module
from tests.brokers.stand import Stand, Streaming, streaming
from tests.brokers.tastytrade.conftest import Impatient, Live, impatient
from tests.support import moments
from tests.support.eventually import aeventually

QQQ = Series("QQQ", "1m")
FAST = 120
"""So many times faster the venue's clock goes where candles must end: two minutes in a second."""


def days_ago(days: float) -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=days)


@pytest.fixture
def fast_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    began = time.time()
    for module in (venue_module, server_module):
        monkeypatch.setattr(module, "wall_ms", lambda: int((began + (time.time() - began) * FAST) * 1000))


@pytest.mark.moment(moments.MIDDAY)
@pytest.mark.parametrize(
    ("interval", "days", "least"),
    [("1m", 4, 300), ("5m", 2, 60), ("15m", 4, 50), ("30m", 4, 25), ("1h", 5, 15), ("4h", 9, 8), ("1d", 30, 18),
     ("1w", 300, 30), ("1mo", 900, 25)],
)  # fmt: skip
async def test_the_past_comes_at_every_interval(venue: Stand, interval: Interval, days: float, least: int):
    broker = impatient(venue)
    try:
        candles = await broker.candles(Series("QQQ", interval), days_ago(days))
    finally:
        await broker.close()
    assert len(candles) >= least
    times = [candle.time for candle in candles]
    assert times == sorted(set(times))
    assert times[0] >= days_ago(days + 1).timestamp() * 1000
    assert all(after - before >= LENGTHS["1m"] for before, after in itertools.pairwise(times))
    assert [candle.closed for candle in candles[:-1]] == [True] * (len(candles) - 1)
    for candle in candles:
        prices = typing.cast("tuple[float, ...]", (candle.low, candle.open, candle.close, candle.high))
        assert prices[0] == min(prices)
        assert prices[3] == max(prices)
        assert candle.volume


def regular_sessions(candles: list[Candle]) -> collections.Counter[datetime.date]:
    """Count the candles that begin within a regular session, by New York's day."""
    days = [calendar.day_of(candle.time) for candle in candles]
    return collections.Counter(
        day
        for day, candle in zip(days, candles, strict=True)
        if calendar.is_trading_day(day) and calendar.at_clock(day, 9, 30) <= candle.time < calendar.closing(day)
    )


@moments.at_each_hour
async def test_whatever_the_hour_no_session_of_the_past_is_missing_and_there_is_no_other(venue: Stand, hour: str):
    broker, start = impatient(venue), days_ago(6.9)  # the venue has minutes of seven days
    try:
        candles = await broker.candles(Series("QQQ", "5m"), start)
    finally:
        await broker.close()
    first, today = (calendar.day_of(at) for at in (round(start.timestamp() * 1000), venue.running.tastytrade.wall_ms()))
    between = [first + datetime.timedelta(days=n) for n in range(1, (today - first).days)]
    whole = [day for day in between if calendar.is_trading_day(day)]
    assert len(whole) >= 3
    counted = regular_sessions(candles)
    assert {day: counted[day] for day in whole} == dict.fromkeys(whole, 78)  # 6½ hours of 12 candles
    assert {calendar.day_of(candle.time) for candle in candles} <= {first, *whole, today}


async def test_an_index_has_no_volume_and_not_a_volume_of_zero(venue: Stand):
    broker = impatient(venue)
    try:
        candles = await broker.candles(Series("VIX", "5m"), days_ago(4))
    finally:
        await broker.close()
    assert candles
    assert {candle.volume for candle in candles} == {None}


async def test_what_nobody_lists_has_no_past(venue: Stand):
    broker = impatient(venue)
    try:
        assert await broker.candles(Series("/XXZ6", "1m"), days_ago(1)) == []
    finally:
        await broker.close()


@pytest.mark.moment(moments.MIDDAY)
async def test_a_request_uses_the_connection_that_streams(venue: Stand, live: Live):
    async with live() as run:
        opened = (await venue.stats())["opened"]["dxlink"]
        several = [run.broker.candles(Series(symbol, "5m"), days_ago(1)) for symbol in ("QQQ", "SPY", "IWM") * 4]
        answers = await asyncio.gather(*several)
        assert all(len(answer) > 50 for answer in answers)
        assert {candle.symbol for candle in answers[1]} == {"SPY"}
        assert (await venue.stats())["opened"]["dxlink"] == opened
        seen = len(run.told.events)
        await run.told.until(lambda told: told.of(Quote, since=seen, symbol="QQQ"))
        assert not run.told.of(Candle)


def joined(past: list[Candle], run: Streaming, since: int) -> dict[int, tuple[object, ...]]:
    """The candles of a history and of what was told from event `since` on, by time."""
    told = [bar for candle in run.told.of(Candle, since=since, symbol="QQQ") for bar in bars(candle)]
    return {c.time: (c.open, c.high, c.low, c.close, c.volume, c.trades) for c in (*past, *told)}


def bars(candle: Candle) -> list[Candle | Bar]:
    """The candles that a slot shows, oldest first."""
    assert isinstance(candle.earlier, tuple)
    return [*candle.earlier, candle]


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize("mode", ["close", "abort"])
async def test_the_past_and_the_live_candles_are_one_series_across_drops(venue: Stand, live: Live, mode: str):
    """The candle law: history asked for at some moment, and live candles after it, are the history of later."""
    async with live(quotes={"QQQ"}, candles={QQQ}) as run:
        await run.told.until(lambda told: told.of(Candle, symbol="QQQ"))
        since, start = len(run.told.events), days_ago(0.02)
        past = await run.broker.candles(QQQ, start)
        for _ in range(2):
            known = len({candle.time for candle in run.told.of(Candle)})
            await run.told.until(lambda told, known=known: len({c.time for c in told.of(Candle)}) > known)  # type: ignore[misc]
            dropped = len(run.told.events)
            assert await venue.fault("drop", stream="dxlink", mode="abort" if mode == "abort" else "")
            await run.told.until(lambda told, dropped=dropped: told.of(Candle, since=dropped))  # type: ignore[misc]
        assert len({candle.revised_at for candle in run.told.of(Candle)}) == 3
        venue.running.tastytrade.market.halt("QQQ", 0)
        later = joined(await run.broker.candles(QQQ, start), run, len(run.told.events))
        assert len(later) >= len(past) + 2
        await aeventually(lambda: joined(past, run, since) == later, saying=lambda: joined(past, run, since))


@pytest.mark.usefixtures("fast_clock")
async def test_a_new_candle_comes_with_those_before_it_and_revises_nothing(live: Live):
    async with live(quotes={"QQQ"}, candles={QQQ}) as run:
        await run.told.until(lambda told: len({c.time for c in told.of(Candle)}) >= 4, within=10)
        told = run.told.of(Candle)
        assert len({candle.revised_at for candle in told}) == 1
        for before, after in itertools.pairwise(told):
            times = [bar.time for bar in bars(before)]
            assert [bar.time for bar in bars(after)] in (times, [*times, after.time][-3:])


async def test_a_series_that_is_wanted_no_more_is_told_no_more(venue: Stand, live: Live):
    async with live(quotes={"QQQ"}, candles={QQQ, Series("SPY", "1m")}) as run:
        await run.told.until(lambda told: {c.symbol for c in told.of(Candle)} == {"QQQ", "SPY"})
        run.watch.set_demand(Demand(quotes=frozenset({"QQQ"}), candles=frozenset({QQQ})))
        await aeventually(lambda: _subscribed(venue) == {"QQQ{=m}"})
        seen = len(run.told.events)
        await run.told.until(lambda told: len(told.of(Candle, since=seen, symbol="QQQ")) > 3)
        assert not run.told.of(Candle, since=seen + 5, symbol="SPY")


def _subscribed(venue: Stand) -> set[str]:
    dialogues = venue.running.stats()["connections"]
    return {symbol for each in dialogues for symbol in each.get("subscriptions", {}).get("Candle", ())}


async def test_a_venue_that_does_not_answer_is_an_error_and_not_an_empty_past(
    venue: Stand, live: Live, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(candle_request, "ANSWER_S", 0.3)
    async with live() as run:
        await venue.fault("mute", stream="dxlink", seconds=0.8)
        with pytest.raises(LinkLost):
            await run.broker.candles(QQQ, days_ago(1))


async def test_a_request_ends_with_its_connection(venue: Stand, live: Live):
    async with live() as run:
        await venue.fault("mute", stream="dxlink", seconds=5)
        asked = asyncio.create_task(run.broker.candles(QQQ, days_ago(1)))
        await asyncio.sleep(0)
        await venue.fault("drop", stream="dxlink", mode="abort")
        async with asyncio.timeout(10):  # sooner than a request gives up
            with pytest.raises(LinkLost):
                await asked


async def test_credentials_without_market_data_have_no_candles(venue: Stand):
    await venue.fault("rest", mode="403", path="/api-quote-tokens")
    broker = impatient(venue)
    try:
        with pytest.raises(NotSupported):
            await broker.candles(QQQ, days_ago(1))
    finally:
        await broker.close()


async def test_a_request_that_is_given_up_leaves_no_subscription_behind(venue: Stand, live: Live):
    async with live() as run:
        await venue.fault("mute", stream="dxlink", seconds=1)
        asked = asyncio.create_task(run.broker.candles(QQQ, days_ago(1)))
        await aeventually(lambda: [number for number in _channels(venue) if number >= FIRST_REQUEST])
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        await aeventually(lambda: not [number for number in _channels(venue) if number >= FIRST_REQUEST])


def _channels(venue: Stand) -> list[int]:
    """The channels that are open at the venue."""
    return [number for dialogue in venue.running.tastytrade.dialogues for number in dialogue.channels]


class Asking(Impatient):
    """The adapter that soon asks again for ranks."""

    limits = msgspec.structs.replace(Impatient.limits, ranks_again_s=0.05)


async def test_a_rank_the_venue_did_not_tell_is_asked_for_again(venue: Stand):
    await venue.fault("rest", mode="500", path="/market-metrics", times=2)
    async with streaming(impatient(venue, kind=Asking), underlyings={"QQQ"}) as run:
        await run.told.until(lambda told: told.known("underlying", "QQQ").get("iv_rank") is not None)
