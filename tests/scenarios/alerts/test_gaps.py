"""What fired while nobody looked is found in candles, told once and as late; what they do not show is said."""

import datetime
import json
import typing

import pytest
from django.db.models import F

from alerts import store
from alerts.counts import counts
from alerts.evaluation.lookback import look_back
from alerts.models import AlertCheckpoint, AlertRule
from alerts.rules.reader import parse_rule
from alerts.watch import checkpoints, gaps, recovery, unchecked
from alerts.watch.watcher import AlertWatcher
from brokers.contract.broker import Capabilities
from brokers.contract.errors import LinkLost
from brokers.contract.events import Candle, Link
from lib.clock import now_ms
from tests.scenarios.alerts.test_one_firing import (
    CROSS,
    EACH,
    _only_alerts,
    armed,
    create,
    firings,
    live,
    price,
    reader,
    states,
    watched,
)
from tests.support.cluster_in_one_loop import Station, SteadyStation
from tests.support.corridor import Info, MemoryLinks, Reader, TalkingBroker
from tests.support.eventually import aeventually

__all__ = ["_only_alerts"]
MINUTE = 60_000
MID = '{"when": {"all": [{"field": "QQQ.mid", "is": "crosses_up", "value": 450.5}]}, "session": "always"}'


class BarBroker(TalkingBroker):
    """A broker that knows the bars that a test gives it; it refuses the first `refusals` times."""

    capabilities = Capabilities(quotes=True, accounts=True, candles=True)
    bars: typing.ClassVar[list[tuple[float, float, float, float]]] = []
    """Of the newest minutes, the last one still open."""
    refusals: typing.ClassVar[list[Exception]] = []

    async def candles(self, series, start):
        if self.refusals:
            raise self.refusals.pop()
        newest = now_ms() // MINUTE * MINUTE
        found = []
        for back, (open_, high, low, close) in enumerate(reversed(self.bars)):
            time = newest - back * MINUTE
            if time + MINUTE > start.timestamp() * 1000:
                found.append(Candle(
                    symbol=series.symbol, interval="1m", time=time, open=open_, high=high, low=low, close=close,
                    closed=back > 0,
                ))  # fmt: skip
        return found[::-1]


class Links(MemoryLinks):
    make = BarBroker


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    for module in (gaps, unchecked):
        monkeypatch.setattr(module, "UNNOTICED_MS", 100)
    monkeypatch.setattr(recovery, "RETRY_S", 0.05)
    monkeypatch.setattr(BarBroker, "bars", [])
    monkeypatch.setattr(BarBroker, "refusals", [])


def notices(page: Reader) -> list[dict]:
    return [
        fact
        for frame in page.of("frame")
        for fact in frame.get("facts", ())
        if fact["type"] == "notice" and fact.get("code") == "alerts_unchecked"
    ]


def told_why(page: Reader, why: str) -> list[dict]:
    """The notices of absences of minutes: a busy machine has shorter ones of its own."""
    return [one for one in notices(page) if why in one["text"] and one["to"] - one["from"] > MINUTE]


def checkpoint():
    """Until when it is stored that rules were evaluated."""
    return AlertCheckpoint.objects.values_list("at", flat=True).first()


async def seen(page: Reader, station: Station, last: float) -> None:
    """Wait until a price is evaluated, and how far that is, is stored."""
    before = now_ms()

    async def kept():
        at = await station.ledger.read(checkpoint)
        return at is not None and (store.millis(at) or 0) > before

    await aeventually(kept)


async def old(station: Station, text: str) -> str:
    """Make a rule that was armed ten minutes ago. Returns its id."""

    def make() -> str:
        row = store.create(1, parse_rule(text))
        row.armed_at -= datetime.timedelta(minutes=10)
        row.save()
        return str(row.pk)

    return await station.ledger.write(make)


async def passed(station: Station, minutes: int = 5) -> None:
    """So many minutes pass since anything was evaluated."""
    later = datetime.timedelta(minutes=minutes)

    def pass_by() -> None:
        AlertRule.objects.filter(checked_at__isnull=False).update(checked_at=F("checked_at") - later)
        for row in AlertCheckpoint.objects.all():
            row.at -= later
            state = json.loads(row.state)
            state["at"] -= minutes * MINUTE
            for rule in state["rules"].values():
                for gate in rule.get("gates", ()):
                    gate["since"] = gate.get("since", 0) - minutes * MINUTE
            row.state = json.dumps(state)
            row.save()

    await station.ledger.write(pass_by)


async def absent(valkey, links, info, text: str, web: Station, page: Reader) -> str:
    """A desk that saw QQQ at 450 for its person, then did not run for five minutes. Returns the rule."""
    rule = await old(web, text)
    async with SteadyStation(valkey, links) as first:
        broker = await live(first, info)
        await armed(page)
        broker.say(price(450.0))
        await seen(page, first, 450.0)
    del links.brokers[info.id]
    await passed(web)
    return rule


async def test_a_cross_during_an_absence_is_found_once_and_told_as_late(valkey, monkeypatch):
    info = Info()
    links = Links(p1=[info])
    async with SteadyStation(valkey, links, willing=False) as web:
        page = reader(web, 1)
        rule = await absent(valkey, links, info, CROSS, web, page)
        monkeypatch.setattr(BarBroker, "bars", [(450.0, 450.1, 449.9, 450.0), (450.0, 452.0, 449.8, 450.1)])
        monkeypatch.setattr(BarBroker, "refusals", [LinkLost("busy")])
        async with SteadyStation(valkey, links) as second:
            await live(second, info)
            await page.until(lambda r: firings(r))
            (told,) = firings(page)
            assert (told["rule"], told["key"], told["recovered"], told["seen_in"]) == (rule, "once", True, "candle")
            assert told["late_s"] >= 0
            assert told["evidence"] == "candle 1m"
            begun, ended = told["between"]
            assert ended - begun == MINUTE
        del links.brokers[info.id]
        async with SteadyStation(valkey, links) as third:
            broker = await live(third, info)
            broker.say(price(451.0))
            broker.say(price(449.0))
            broker.say(price(451.0))
            await third.ledger.read(lambda: None)
            assert len(firings(page)) == 1


async def test_a_cross_while_its_link_was_away_is_found_and_the_next_one_is_live(valkey, monkeypatch):
    info = Info()
    links = Links(p1=[info])
    async with SteadyStation(valkey, links, willing=False) as web:
        await absent(valkey, links, info, EACH, web, reader(web, 1))
        async with SteadyStation(valkey, links) as streams:
            page = reader(streams, 1)
            broker = await live(streams, info)
            await page.until(lambda r: states(r)[-1:] == ["cannot_check"])  # nothing came yet, and no gap is open
            broker.say(price(450.0))
            await page.until(lambda r: states(r)[-1] == "armed")
            monkeypatch.setattr(BarBroker, "bars", [(450.0, 452.0, 449.0, 449.0)])
            broker.say(Link(link=str(info.id), state="stale", feed_at=now_ms()))
            await page.until(lambda r: states(r)[-1] == "waiting")
            broker.say(Link(link=str(info.id), state="live", feed_at=now_ms()))
            await page.until(lambda r: firings(r))
            broker.say(price(449.0), price(451.5))
            await page.until(lambda r: len(firings(r)) == 2)
            found, seen_live = firings(page)
            assert (found["key"], found.get("recovered"), seen_live["key"], seen_live.get("recovered")) == (
                "1", True, "2", None,
            )  # fmt: skip


async def test_what_candles_do_not_show_is_told_as_not_checked(valkey):
    info = Info()
    links = Links(p1=[info])
    async with SteadyStation(valkey, links, willing=False) as web:
        page = reader(web, 1)
        rule = await absent(valkey, links, info, MID, web, page)
        async with SteadyStation(valkey, links) as second:
            await live(second, info)
            await page.until(lambda r: told_why(r, "did not run for you"))
            told = told_why(page, "did not run for you")[-1]
            assert [one["rule"] for one in told["rules"]] == [rule]
            assert told["to"] - told["from"] > 4 * MINUTE

            async def kept():
                (row,) = await second.ledger.read(store.of, 1)
                return row.unchecked_from is not None and row.unchecked_why

            await aeventually(kept)
            assert firings(page) == []


async def test_a_venue_without_candles_is_said_and_the_rule_goes_on(valkey, monkeypatch):
    info = Info()
    links = MemoryLinks(p1=[info])
    async with SteadyStation(valkey, links, willing=False) as web:
        page = reader(web, 1)
        await absent(valkey, links, info, CROSS, web, page)
        async with SteadyStation(valkey, links) as second:
            broker = await live(second, info)
            await aeventually(lambda: "QQQ" in watched(broker))
            await page.until(lambda r: told_why(r, "candles"))
            broker.say(price(451.0))
            await page.until(lambda r: firings(r))
            assert firings(page)[0]["gap"] is True


async def test_what_a_held_rule_missed_is_stored_with_every_checkpoint(valkey, monkeypatch):
    """A process that ends while a rule looks back hands on since when it was not evaluated."""
    info = Info()
    links = Links(p1=[info])
    async with SteadyStation(valkey, links, willing=False) as web:
        await absent(valkey, links, info, CROSS, web, reader(web, 1))
        page = reader(web, 1)
        monkeypatch.setattr(BarBroker, "refusals", [LinkLost("away")] * 100_000)
        async with SteadyStation(valkey, links) as first:
            await live(first, info)
            await page.until(lambda r: states(r)[-1:] == ["waiting"])
            before = await first.ledger.read(checkpoint)

            async def stored_anew():
                row = await first.ledger.read(AlertCheckpoint.objects.get)
                return row.at > before and json.loads(row.state)["rules"]["1"].get("cannot_since")

            since = await aeventually(stored_anew)
            assert since < now_ms() - 4 * MINUTE
        del links.brokers[info.id]
        BarBroker.refusals.clear()
        monkeypatch.setattr(BarBroker, "bars", [(450.0, 452.0, 449.0, 449.0), (449.0, 449.0, 449.0, 449.0)])
        async with SteadyStation(valkey, links) as second:
            await live(second, info)
            await page.until(lambda r: firings(r))
            assert firings(page)[0]["recovered"] is True


async def test_a_look_back_that_breaks_is_begun_again(valkey, monkeypatch):
    info = Info()
    links = Links(p1=[info])
    broken = [ZeroDivisionError("once")]

    def breaking(*given):
        if broken:
            raise broken.pop()
        return look_back(*given)

    async with SteadyStation(valkey, links, willing=False) as web:
        await absent(valkey, links, info, CROSS, web, reader(web, 1))
        page = reader(web, 1)
        monkeypatch.setattr(recovery, "look_back", breaking)
        monkeypatch.setattr(BarBroker, "bars", [(450.0, 452.0, 449.0, 449.0), (449.0, 449.0, 449.0, 449.0)])
        async with SteadyStation(valkey, links) as second:
            await live(second, info)
            await page.until(lambda r: firings(r))
            assert not broken


async def test_a_live_link_for_orders_alone_is_no_feed_to_look_back_with(valkey, monkeypatch):
    """While the feed is away nothing is asked, and nothing is told as checked, although another link is live."""
    feed, orders = Info(), Info(feeds=False, label="orders")
    links = Links(p1=[feed, orders])
    async with SteadyStation(valkey, links, willing=False) as web:
        await absent(valkey, links, feed, EACH, web, reader(web, 1))
        links.brokers.pop(orders.id, None)
        page = reader(web, 1)
        async with SteadyStation(valkey, links) as streams:
            broker = await live(streams, feed)
            await live(streams, orders)
            await page.until(lambda r: states(r)[-1:] == ["cannot_check"])
            broker.say(price(450.0))
            await page.until(lambda r: states(r)[-1] == "armed")
            broker.say(Link(link=str(feed.id), state="stale", feed_at=now_ms()))
            await page.until(lambda r: states(r)[-1] == "waiting")
            monkeypatch.setattr(BarBroker, "bars", [(450.0, 452.0, 449.0, 449.0)])
            broker.say(Link(link=str(feed.id), state="live", feed_at=now_ms()))
            await page.until(lambda r: firings(r))
            assert firings(page)[0]["recovered"] is True


async def test_what_was_not_checked_stands_on_the_alert_of_an_open_page(valkey):
    info = Info()
    links = Links(p1=[info])
    async with SteadyStation(valkey, links, willing=False) as web:
        await absent(valkey, links, info, MID, web, reader(web, 1))
        page = reader(web, 1)
        async with SteadyStation(valkey, links) as second:
            await live(second, info)
            await page.until(lambda r: any('"unchecked_from":1' in text for text in r.texts))


def last_prices() -> list[float | None]:
    """The newest price of each rule's field, of those who evaluate here."""
    engines = [one.engine for one in counts.watchers if isinstance(one, AlertWatcher)]
    return [one.value for engine in engines if engine is not None for one in engine.inputs]


async def test_a_drain_stores_how_far_rules_were(valkey, monkeypatch):
    info = Info()
    links = Links(p1=[info])
    monkeypatch.setattr(checkpoints, "CHECKPOINT_S", 3600.0)
    async with SteadyStation(valkey, links, willing=False) as web:
        page = reader(web, 1)
        async with SteadyStation(valkey, links) as first:
            broker = await live(first, info)
            await create(first, 1, CROSS)
            await armed(page)
            await aeventually(lambda: first.ledger.read(checkpoint))
            broker.say(price(450.2))
            await aeventually(lambda: last_prices() == [450.2])
            drained = now_ms()
        at = await web.ledger.read(checkpoint)
        assert at.timestamp() * 1000 >= drained - 1
        row = await web.ledger.read(AlertCheckpoint.objects.get)
        assert json.loads(row.state)["inputs"]["QQQ.last"]["value"] == 450.2
