"""News are told once, page open or not, also by the process that comes after and finds what came meanwhile."""

import asyncio
import contextlib
import datetime

import msgspec

from alerts.watch import news_reader
from brokers.contract.events import Quote
from news.owner.counts import counts
from news.owner.desk import DeskNews
from news.owner.impact import NewsImpacts
from news.sources.contract import KeyRejected, SourceItem
from tests.scenarios.alerts.test_board import reasons
from tests.scenarios.alerts.test_one_firing import _only_alerts, armed, create, firings, live, reader, states
from tests.scenarios.news.test_impact import MINUTE, time
from tests.support.cluster_in_one_loop import Station
from tests.support.corridor import Info, MemoryLinks
from tests.support.eventually import aeventually
from tests.support.news import TalkingSource, item

__all__ = ["_only_alerts", "time"]
RULE = (
    '{"when": {"all": [{"field": "NVDA.news", "is": "happens", "value": {"words": ["outlook"]}}]}, "trigger": "each"}'
)


@contextlib.asynccontextmanager
async def running(station: Station):
    """The desk's news, run by a station, with one source that says what the test says."""
    source = TalkingSource()
    desk = DeskNews(station, lambda: [source.spec])
    task = asyncio.ensure_future(desk.run())
    try:
        yield source
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def come(number: int, headline: str = "", **more):
    now = datetime.datetime.now(datetime.UTC)
    return item(number, headline, received_at=now, published_at=now, **more)


def told(page) -> list[tuple[str, str]]:
    return [(one["detail"]["item"], one["detail"]["headline"]) for one in firings(page)]


async def test_an_item_is_told_once_by_whoever_is_there(valkey):
    info = Info()
    links = MemoryLinks(p1=[info], p2=[Info()])
    async with Station(valkey, links, willing=False) as web, running(web) as wire:
        await wire.running.wait()
        page, bob = reader(web, 1), reader(web, 2)
        async with Station(valkey, links) as first:
            await live(first, info)
            await wire.deliver(come(1, "Nvidia's outlook from before"))
            await create(first, 1, RULE)
            await armed(page)
            await wire.deliver(come(2, "Nvidia raises its outlook"), come(3, "AMD's outlook", symbols=("AMD",)))
            await page.until(lambda r: len(firings(r)) == 1)
            await wire.deliver(come(2, "Nvidia raises its outlook again"), come(4, "Nvidia names a chief"))
            await wire.deliver(come(5, "Nvidia's outlook for 2028"))
            await page.until(lambda r: len(firings(r)) == 2)
        del links.brokers[info.id]
        await wire.deliver(come(6, "Nvidia cuts its outlook"), come(2, "Nvidia raises its outlook once more"))
        async with Station(valkey, links) as second:
            await live(second, info)
            await page.until(lambda r: len(firings(r)) == 3)
            await wire.deliver(come(7, "Nvidia's outlook, at last"))
            await page.until(lambda r: len(firings(r)) == 4)
        assert told(page) == [
            ("d2", "Nvidia raises its outlook"), ("d5", "Nvidia's outlook for 2028"), ("d6", "Nvidia cuts its outlook"),
            ("d7", "Nvidia's outlook, at last"),
        ]  # fmt: skip
        assert firings(bob) == []


async def test_while_no_source_runs_or_answers_a_rule_of_news_says_so(valkey, monkeypatch):
    monkeypatch.setattr(news_reader, "SILENT_MS", 700)
    monkeypatch.setattr(news_reader, "LOOK_S", 0.05)
    info = Info()
    async with Station(valkey, MemoryLinks(p1=[info])) as station:
        page = reader(station, 1)
        await live(station, info)
        await create(station, 1, RULE)
        await page.until(lambda r: reasons(r)[-1:] == [news_reader.NO_SOURCE])
        async with running(station) as wire:
            await wire.running.wait()
            await page.until(lambda r: states(r)[-1] == "armed")
            wire.fail(KeyRejected("the key is over"))
            await page.until(lambda r: reasons(r)[-1:] == [news_reader.NO_ANSWER])
    assert firings(page) == []


IMPACT = """{"when": {"all": [{"field": "NVDA.impact", "is": "happens",
 "value": {"words": ["outlook"], "impact_above": 0.5}}]}, "trigger": "each"}"""


async def move(wire, broker, time, what: SourceItem, to: float) -> None:
    """Have an item come, and NVDA go from 100 to another price in the five minutes after it."""
    at = datetime.datetime.fromtimestamp(time() / 1000, datetime.UTC)
    (meter,) = (one for one in counts.meters if isinstance(one, NewsImpacts))
    others = set(meter._meter._under_way)
    await wire.deliver(msgspec.structs.replace(what, received_at=at, published_at=at))
    await aeventually(lambda: {"NVDA", "SPY"} <= broker.watch.demand.quotes)
    tell(broker, time, "SPY", 500.0)
    tell(broker, time, "NVDA", 100.0)
    await aeventually(lambda: set(meter._meter._under_way) - others and not meter._meter.waiting)
    tell(broker, time, "NVDA", to)
    await aeventually(lambda: (meter._desk.board.whole(("quote", "NVDA")) or {}).get("bid") == to)
    time.ahead_ms += 5 * MINUTE + 1_000
    await aeventually(lambda: all(one.windows[0].is_done for one in meter._meter._under_way.values()))


def tell(broker, time, symbol: str, price: float) -> None:
    broker.say(Quote(symbol=symbol, bid=price, ask=price, at=time()))


async def test_what_items_moved_is_told_though_nobody_reads_news_and_once_over_a_hand_over(valkey, settings, time):
    settings.STREAM_EXTENSIONS = ["news.owner.impact.NewsImpacts", "alerts.watch.watcher.AlertWatcher"]
    info = Info()
    links = MemoryLinks(p1=[info])
    async with Station(valkey, links, willing=False) as web, running(web) as wire:
        await wire.running.wait()
        page = reader(web, 1)
        async with Station(valkey, links) as first:
            broker = await live(first, info)
            await create(first, 1, IMPACT)
            await armed(page)
            await wire.deliver(come(1, "AMD's outlook", symbols=("AMD",)))
            await move(wire, broker, time, come(2, "Nvidia raises its outlook"), 101.0)
            await page.until(lambda r: firings(r))
            assert "AMD" not in broker.watch.demand.quotes, "nobody waits for what moved it"
        del links.brokers[info.id]
        async with Station(valkey, links) as second:
            broker = await live(second, info)
            await move(wire, broker, time, come(3, "Nvidia sees its outlook fall"), 99.0)
            await move(wire, broker, time, come(4, "Nvidia names a chief"), 103.0)
            await move(wire, broker, time, come(5, "Chips for cars lift an outlook"), 102.0)
            await page.until(lambda r: len(firings(r)) == 2)
        assert told(page) == [("d2", "Nvidia raises its outlook"), ("d5", "Chips for cars lift an outlook")]
        found = [one["detail"] for one in firings(page)]
        assert [(one["symbol"], one["minutes"], one["move"]) for one in found] == [
            ("NVDA", 5, 0.995),
            ("NVDA", 5, 1.9803),
        ]


async def test_while_no_link_brings_prices_a_rule_of_moves_says_so(valkey):
    info = Info()
    async with Station(valkey, MemoryLinks(p1=[info])) as station, running(station) as wire:
        page = reader(station, 1)
        await live(station, info)
        await wire.running.wait()
        await create(station, 1, IMPACT)
        await page.until(lambda r: reasons(r)[-1:] == [news_reader.NO_PRICES])
