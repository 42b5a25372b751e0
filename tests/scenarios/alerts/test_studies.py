"""A study is looked at when its bar closes, and what closed while nobody was there is told once, as late."""

import typing

import pytest
import time_machine

from alerts.counts import counts
from alerts.watch import study_reader
from alerts.watch.watcher import AlertWatcher
from brokers.contract.broker import Capabilities
from brokers.contract.events import Candle
from lib.clock import now_ms
from tests.scenarios.alerts.test_board import reasons
from tests.scenarios.alerts.test_one_firing import _only_alerts, armed, create, firings, live, price, reader
from tests.support import moments
from tests.support.cluster_in_one_loop import Station
from tests.support.corridor import Info, MemoryLinks, TalkingBroker
from tests.support.eventually import aeventually

__all__ = ["_only_alerts"]
pytestmark = pytest.mark.moment(moments.MIDDAY)  # no bars are asked for while nothing trades
MINUTE = 60_000
RULE = """{"when": {"all": [{"field": "QQQ.close@1m", "is": "crosses_up", "value": "QQQ.sma3@1m"}]},
 "trigger": "each", "session": "always"}"""


class ClosingBroker(TalkingBroker):
    """A broker that knows closes by their minute, as long as it is told to answer."""

    capabilities = Capabilities(quotes=True, accounts=True, candles=True)
    closes: typing.ClassVar[dict[int, float]] = {}
    is_delayed = False

    async def candles(self, series, start):
        return [
            Candle(symbol=series.symbol, interval=series.interval, time=time, open=close, high=close, low=close,
                   close=close, volume=1.0, closed=time + MINUTE <= now_ms(), delayed=type(self).is_delayed)
            for time, close in sorted(self.closes.items()) if start.timestamp() * 1000 <= time <= now_ms()
        ]  # fmt: skip


class Links(MemoryLinks):
    make = ClosingBroker


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    monkeypatch.setattr(study_reader, "GRACE_MS", 0)
    monkeypatch.setattr(study_reader, "RETRY_MS", 50)
    monkeypatch.setattr(study_reader, "TRIES", 1_000_000)
    monkeypatch.setattr(ClosingBroker, "closes", {})
    monkeypatch.setattr(ClosingBroker, "is_delayed", False)


def tell(begin: int, *closes: float) -> None:
    """Let the venue know closes, minute by minute, whether they are over by now or not."""
    ClosingBroker.closes |= {begin + at * MINUTE: close for at, close in enumerate(closes)}


def told(page) -> list[tuple[int, bool]]:
    return [((one["at"] - MINUTE) // MINUTE, one.get("recovered", False)) for one in firings(page)]


async def test_a_cross_at_a_close_is_told_and_one_that_was_missed_is_told_late(valkey):
    info, begin = Info(), now_ms() // MINUTE * MINUTE
    links = Links(p1=[info])
    tell(begin - 5 * MINUTE, 9, 9, 9, 9, 8, 8, 9, 8, 8, 9)
    with time_machine.travel(begin / 1000 + 30) as clock:
        async with Station(valkey, links, willing=False) as web:
            page = reader(web, 1)
            async with Station(valkey, links) as first:
                await live(first, info)
                await create(first, 1, RULE)
                await armed(page)
                clock.shift(120)
                await page.until(lambda r: firings(r))
            del links.brokers[info.id]
            clock.shift(240)
            async with Station(valkey, links) as second:
                await live(second, info)
                await page.until(lambda r: len(firings(r)) == 2)
    first_minute = begin // MINUTE
    assert told(page) == [(first_minute + 1, False), (first_minute + 4, True)]


async def test_delayed_bars_fire_nothing_and_what_they_hid_is_told_once_they_are_not(valkey):
    info, begin = Info(), now_ms() // MINUTE * MINUTE
    tell(begin - 5 * MINUTE, 9, 9, 9, 9, 8, 8, 9, 9)
    ClosingBroker.is_delayed = True
    with time_machine.travel(begin / 1000 + 30) as clock:
        async with Station(valkey, Links(p1=[info])) as station:
            page = reader(station, 1)
            await live(station, info)
            await create(station, 1, RULE)
            await page.until(lambda r: (reasons(r) or [""])[-1] == "candles come delayed")
            clock.shift(150)
            ClosingBroker.is_delayed = False
            await page.until(lambda r: firings(r))
    assert told(page) == [(begin // MINUTE + 1, True)]


def known(watcher: AlertWatcher) -> float | None:
    """What the one study is that its rules look at beside prices."""
    studies = watcher.engine.study_inputs if watcher.engine is not None else []
    return studies[0].value if studies and studies[0].is_known else None


async def test_a_price_beside_a_study_fires_as_it_comes_once_the_bar_before_it_is_known(valkey):
    info, begin = Info(), now_ms() // MINUTE * MINUTE
    tell(begin - 5 * MINUTE, 450, 450, 450, 450, 450, 460)
    rule = RULE.replace("QQQ.close@1m", "QQQ.last")
    with time_machine.travel(begin / 1000 + 30) as clock:
        async with Station(valkey, Links(p1=[info])) as station:
            page = reader(station, 1)
            broker = await live(station, info)
            await create(station, 1, rule)
            await armed(page)
            (watcher,) = (one for one in counts.watchers if isinstance(one, AlertWatcher))
            await aeventually(lambda: known(watcher) == 450)
            broker.say(price(449.0))
            broker.say(price(451.0))
            await page.until(lambda r: firings(r))
            clock.shift(60)  # the bar of 460 closes: the average is 453.33 now
            await aeventually(lambda: known(watcher) == pytest.approx(453.333, abs=0.01))
            for last in (452.0, 453.0, 454.0):
                broker.say(price(last))
            await page.until(lambda r: len(firings(r)) == 2)
    assert [one["after"] for one in firings(page)] == [451.0, 454.0]


SPIKE = """{"when": {"all": [{"field": "QQQ.volume_spike@5m", "is": "above", "value": 3}]},
 "trigger": "each", "session": "always"}"""
FIVE, DAY = 5 * MINUTE, 86_400_000


class VolumeBroker(TalkingBroker):
    """A broker that knows bars of five minutes by their volume."""

    capabilities = Capabilities(quotes=True, accounts=True, candles=True)
    volumes: typing.ClassVar[dict[int, float]] = {}

    async def candles(self, series, start):
        assert series.interval == "5m"
        return [
            Candle(symbol=series.symbol, interval="5m", time=time, open=450, high=450, low=450, close=450,
                   volume=volume, closed=time + FIVE <= now_ms())
            for time, volume in sorted(self.volumes.items()) if start.timestamp() * 1000 <= time <= now_ms()
        ]  # fmt: skip


class VolumeLinks(MemoryLinks):
    make = VolumeBroker


async def test_a_volume_that_is_unusual_for_its_time_of_day_is_told_also_by_who_comes_after(valkey, monkeypatch):
    info, begin = Info(), now_ms() // FIVE * FIVE
    links = VolumeLinks(p1=[info])
    today = [400.0, 850.0, 200.0, 900.0]
    usual = [100.0, 300.0, 100.0, 200.0]  # 850 is less than three times as much as is usual then
    monkeypatch.setattr(VolumeBroker, "volumes", {begin - FIVE: 100.0})
    for day in range(1, 16):
        VolumeBroker.volumes |= {begin + at * FIVE - day * DAY: one for at, one in enumerate(usual)}
        VolumeBroker.volumes[begin - FIVE - day * DAY] = 100.0
    VolumeBroker.volumes |= {begin + at * FIVE: volume for at, volume in enumerate(today)}
    with time_machine.travel(begin / 1000 + 30) as clock:
        async with Station(valkey, links, willing=False) as web:
            page = reader(web, 1)
            async with Station(valkey, links) as first:
                await live(first, info)
                await create(first, 1, SPIKE)
                await armed(page)
                clock.shift(300)
                await page.until(lambda r: firings(r))
            del links.brokers[info.id]
            clock.shift(1_000)
            async with Station(valkey, links) as second:
                await live(second, info)
                await page.until(lambda r: len(firings(r)) == 2)
    found = [(round(one["after"], 3), one["at"] - FIVE - begin, one.get("recovered", False)) for one in firings(page)]
    assert found == [(4.0, 0, False), (4.5, 3 * FIVE, True)]
