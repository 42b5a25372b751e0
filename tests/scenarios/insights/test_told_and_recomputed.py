"""Insights are told of what somebody looks at; worked out of the same bars again, they come out equal."""

import datetime
import typing

import msgspec
import pytest
import time_machine

from accounts.auth.access import Access
from brokers.contract.broker import Broker, Capabilities
from brokers.contract.events import Candle, Day, Interval, Link, Quote, RegimeReading
from lib.clock import now_ms
from signals.features.bars import LENGTH_MS, day_bars, feature_bars
from signals.watch import insight_watcher
from signals.watch.symbol_insight import IndexReadings, begin_insight, feed
from simulator.tastytrade.venue import now as venue_now
from streaming.sockets.socket import Socket
from streaming.wire.subscription import Subscription, preset
from tests.brokers.stand import Stand, stand
from tests.support.cluster_in_one_loop import Station
from tests.support.corridor import Info, MemoryLinks, Reader, TalkingBroker
from tests.support.eventually import aeventually
from tests.support.moments import new_york
from tests.support.walked_bars import walked_candles

DAY = datetime.date(2026, 11, 18)
LOOK = Subscription(insights=frozenset({"QQQ"}), quotes=frozenset({"QQQ"}), topics=frozenset({"links"}))


class BarBroker(TalkingBroker):
    """A broker that tells the bars of a walk, up to now, and remembers what it was asked."""

    capabilities = Capabilities(quotes=True, accounts=True, candles=True)
    asked: typing.ClassVar[list[tuple[str, str, int]]] = []
    is_delayed = False

    async def candles(self, series, start):
        begin, now = int(start.timestamp() * 1000), now_ms()
        self.asked.append((series.symbol, series.interval, begin))
        count, length = (300, 24 * 3_600_000) if series.interval == "1d" else (12, LENGTH_MS)
        every = walked_candles(series.symbol, series.interval, DAY, count)
        return [told(one, now, length, self.is_delayed) for one in every if begin <= one.time <= now]


def told(candle: Candle, now: int, length: int, is_delayed: bool) -> Candle:
    named = {name: getattr(candle, name) for name in ("open", "high", "low", "close", "volume")}
    return Candle(
        symbol=candle.symbol, interval=candle.interval, time=candle.time, closed=candle.time + length <= now,
        delayed=is_delayed, **named,
    )  # fmt: skip


class Links(MemoryLinks):
    make = BarBroker


@pytest.fixture(autouse=True)
def _only_insights(settings, monkeypatch):
    settings.STREAM_SERVICES = []
    settings.STREAM_SINKS = []
    settings.STREAM_EXTENSIONS = ["signals.watch.insight_watcher.InsightWatcher"]
    monkeypatch.setattr(insight_watcher, "GRACE_MS", 0)
    monkeypatch.setattr(insight_watcher, "RETRY_MS", 50)
    monkeypatch.setattr(insight_watcher, "TRIES", 1_000_000)
    monkeypatch.setattr(BarBroker, "asked", [])
    monkeypatch.setattr(BarBroker, "is_delayed", False)


def reader(station: Station, view: Subscription, person: int = 1) -> Reader:
    found = Reader(typing.cast(typing.Any, station), person, view)
    found.socket = Socket(Access(person, "s", "hash"))
    return found.join()


def insights(page: Reader, symbol: str = "QQQ") -> list[dict]:
    """What frames told of a symbol's insights, each merged with those before it."""
    found: list[dict] = []
    for frame in page.of("frame"):
        for item in frame["state"]:
            if item["type"] == "insight" and item["symbol"] == symbol:
                found.append({**(found[-1] if found else {}), **item})
    return found


def quote(at: int) -> Quote:
    return Quote(symbol="QQQ", bid=100.0, ask=100.02 + at % 3 / 100, bid_size=4.0, ask_size=3.0 + at % 2, at=at)


def at_bars(page: Reader, count: int) -> bool:
    return len({one["bar"] for one in insights(page) if one.get("bar")}) >= count


async def live(station: Station, info: Info):
    broker = await station.links.live(info)
    broker.say(Link(link=str(info.id), state="live", feed_at=now_ms()))
    return broker


def wake(station: Station) -> None:
    """Have insights looked at again: the clock went on, and no timer of the loop knows that."""
    station.host.people[1].manager._companions.insight_demand_changed()


async def test_what_was_told_live_is_what_the_same_bars_come_to_again(valkey):
    """The live desk gets the past at once and then bar after bar; here all of them are taken in one go."""
    info = Info()
    with time_machine.travel(new_york("2026-11-18 11:02:30")) as clock:
        async with Station(valkey, Links(p1=[info])) as station:
            page = reader(station, LOOK)
            broker = await live(station, info)
            broker.say(quote(now_ms()))
            for number in range(1, 8):
                await page.until(lambda r, n=number: at_bars(r, n))
                clock.shift(300)
                broker.say(quote(now_ms()))
                wake(station)
            await page.until(lambda r: at_bars(r, 8))
            recorded = {one["bar"]: one for one in insights(page)}
    again = recompute(max(recorded), recorded)
    assert len(recorded) == 8
    for bar, one in recorded.items():
        assert again[bar].scores == one["features"]
        assert msgspec.to_builtins(again[bar].regime) == one["regime"]
    newest = recorded[max(recorded)]
    assert "unknown" not in newest["regime"].values()
    known = {name for name, value in newest["features"].items() if value is not None}
    assert known == {
        "return_1", "return_3", "return_12", "sigma_ratio", "vwap_distance", "range_position", "volume_ratio",
        "time_of_day", "spy_return_1", "spy_return_12", "spy_sigma_ratio",
    }  # fmt: skip


class Again(typing.NamedTuple):
    scores: dict[str, float | None]
    regime: RegimeReading


def recompute(
    last: int, told_at: typing.Container[int], candles: typing.Callable[[str, Interval], list[Candle]] | None = None
) -> dict[int, Again]:
    """Work out what was told, from the bars alone: those of SPY, then those of QQQ."""
    index, found = IndexReadings(), {}
    read = candles or walked
    for symbol in ("SPY", "QQQ"):
        bars = [one for one in feature_bars(read(symbol, "5m")) if one.time <= last]
        insight = begin_insight(symbol, day_bars(read(symbol, "1d")), bars)
        for bar in bars:
            feed(insight, bar, index, None)
            if symbol == "QQQ" and bar.time in told_at:
                regime = insight.told(0).regime
                assert isinstance(regime, RegimeReading)
                found[bar.time] = Again(insight.scores, regime)
    return found


def walked(symbol: str, interval: Interval) -> list[Candle]:
    """What the venue told since it was asked first."""
    count = 12 if interval == "5m" else 300
    since = min(begin for asked, length, begin in BarBroker.asked if (asked, length) == (symbol, interval))
    return [one for one in walked_candles(symbol, interval, DAY, count) if since <= one.time]


class VenueBroker(BarBroker):
    """A link whose bars a simulated venue tells through its adapter; of each it notes what was told first."""

    adapter: typing.ClassVar[Broker]
    told: typing.ClassVar[dict[tuple[str, str], dict[int, Candle]]] = {}

    async def candles(self, series, start):
        found = await self.adapter.candles(series, start)
        first = self.told.setdefault((series.symbol, series.interval), {})
        for one in found:
            if one.closed is True:
                first.setdefault(one.time, one)
        return found


class VenueLinks(MemoryLinks):
    make = VenueBroker


@pytest.mark.parametrize(("name", "mode"), [("tastytrade", "revise"), ("tradier", "reorder"), ("tradier", "repeat")])
async def test_what_was_told_on_a_simulated_venue_comes_out_again(valkey, tmp_path, monkeypatch, name, mode):
    """The venue tells its own bars over the wire, unkindly; what was told live is what those that it told come to."""
    monkeypatch.setattr(VenueBroker, "told", {})
    info = Info()
    with time_machine.travel(new_york("2026-11-18 11:02:30")) as clock:
        async with stand(name, tmp_path) as venue, Station(valkey, VenueLinks(p1=[info])) as station:
            commit = venue.running.fault if name == "tastytrade" else venue.running.tradier_fault
            commit("bars", mode=mode, share=0.3, seed=7)
            monkeypatch.setattr(VenueBroker, "adapter", venue.broker(), raising=False)
            venue.brokers.append(VenueBroker.adapter)
            page = reader(station, LOOK)
            broker = await live(station, info)
            for number in range(1, 4):
                broker.say(quote(now_ms()))
                await page.until(lambda r, n=number: at_bars(r, n))
                pass_five_minutes(clock, venue)
                wake(station)
            await page.until(lambda r: at_bars(r, 4))
            recorded = {one["bar"]: one for one in insights(page)}
    again = recompute(max(recorded), recorded, lambda *series: [*VenueBroker.told[series].values()])
    assert len(recorded) == 4
    for bar, one in recorded.items():
        assert again[bar].scores == one["features"]
        assert msgspec.to_builtins(again[bar].regime) == one["regime"]
    known = {name for name, value in recorded[max(recorded)]["features"].items() if value is not None}
    assert {"return_1", "vwap_distance", "volume_ratio", "spy_return_12"} <= known


def pass_five_minutes(clock: time_machine.Traveller, venue: Stand) -> None:
    """Let the desk and the market of the venue live through five minutes."""
    for _ in range(15):
        clock.shift(20)
        venue.running.tastytrade.pump(20.0, venue_now(), venue.running.tastytrade.wall_ms())


async def test_who_looks_at_nothing_asks_for_nothing_and_who_looks_away_is_let_go(valkey, monkeypatch):
    monkeypatch.setattr(insight_watcher, "KEPT_MS", 100)
    info = Info()
    with time_machine.travel(new_york("2026-11-18 11:02:30")):
        async with Station(valkey, Links(p1=[info])) as station:
            page = reader(station, Subscription(quotes=frozenset({"QQQ"})))
            broker = await live(station, info)
            broker.say(quote(now_ms()))
            await page.until(lambda r: ("quote", "QQQ") in r.slots)
            assert BarBroker.asked == []
            looking = reader(station, LOOK)
            await looking.until(lambda r: at_bars(r, 1))
            assert {symbol for symbol, _, _ in BarBroker.asked} == {"SPY", "QQQ"}
            assert insights(page) == insights(looking, "SPY") == []
            board = station.host.people[1].board
            station.hub.leave(looking.socket)
            await aeventually(lambda: board.whole(("insight", "QQQ")) is None)


async def test_the_market_side_is_told_days_and_insights_of_every_quote(valkey):
    view = msgspec.structs.replace(preset("market"), quotes=frozenset({"QQQ", "QQQ261218C00450000"}), dialect="plain")
    info = Info()
    with time_machine.travel(new_york("2026-11-18 11:02:30")):
        async with Station(valkey, Links(p1=[info])) as station:
            page = reader(station, view)
            broker = await live(station, info)
            broker.say(Day(symbol="QQQ", open=99.0, high=101.0, low=98.0, prev_close=98.5, volume=1e6, at=now_ms()))
            await page.until(lambda r: r.of("insight_update") and r.of("day_update"))
    assert page.of("day_update")[0] | {"at": 0, "link": ""} == {
        "type": "day_update", "symbol": "QQQ", "open": 99.0, "high": 101.0, "low": 98.0, "prev_close": 98.5,
        "volume": 1e6, "at": 0, "link": "",
    }  # fmt: skip
    (one,) = page.of("insight_update")
    assert (one["symbol"], one["confidence"], one["version"]) == ("QQQ", None, "regime-1")
    assert {*one} == {"type", "symbol", "regime", "confidence", "features", "version", "reason", "bar", "at"}
    assert not any(symbol.startswith("QQQ2") for symbol, _, _ in BarBroker.asked), "there are none of options"


async def test_of_delayed_bars_nothing_is_made_and_it_says_why(valkey):
    BarBroker.is_delayed = True
    info = Info()
    with time_machine.travel(new_york("2026-11-18 11:02:30")):
        async with Station(valkey, Links(p1=[info])) as station:
            page = reader(station, LOOK)
            await live(station, info)
            await page.until(lambda r: insights(r))
            told_first = insights(page)[0]
            assert told_first["reason"] == "candles come delayed"
            assert told_first["regime"]["volatility"] == "unknown"
            assert {*told_first["features"].values()} == {None}
            BarBroker.is_delayed = False
            await page.until(lambda r: at_bars(r, 1))
            assert insights(page)[-1]["reason"] is None
