"""News are told once, page open or not, also by the process that comes after and finds what came meanwhile."""

import asyncio
import contextlib
import datetime

from alerts.watch import news_reader
from news.owner.desk import DeskNews
from news.sources.contract import KeyRejected
from tests.scenarios.alerts.test_board import reasons
from tests.scenarios.alerts.test_one_firing import _only_alerts, armed, create, firings, live, reader, states
from tests.support.cluster_in_one_loop import Station
from tests.support.corridor import Info, MemoryLinks
from tests.support.news import TalkingSource, item

__all__ = ["_only_alerts"]
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
