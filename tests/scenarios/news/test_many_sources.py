"""Many feeds that begin at once hold up neither the event loop nor what else is stored.

`NEWS_SOURCES=50 pytest -s` on this file gives the whole figures.
"""

import asyncio
import os

import pytest

from lib.clock import passed
from lib.outbound.addresses import AddressRules
from news.models import NewsItem
from news.owner.desk import DeskNews
from news.owner.runner import SourceSpec
from news.sources.catalogue import prepare
from news.sources.feeds import FeedSettings, FeedSource
from news.store.writer import Origin
from tests.news.sources import samples
from tests.news.sources.recorder import LoopSteps
from tests.news.sources.web_server import XML, Answer, WebServer
from tests.support.cluster_in_one_loop import Station, SteadyStation
from tests.support.corridor import MemoryLinks
from tests.support.eventually import aeventually

SOURCES, ITEMS = int(os.environ.get("NEWS_SOURCES", "8")), 200
STEP_S = 0.010
FACT_S = 1.0
"""How long a fact may wait to be stored beside them, on a busy machine."""
WORDS = ["profit", "rises", "beats", "misses", "estimates", "outlook", "quarter", "rates", "merger", "recall"]


def feed(source: int) -> bytes:
    """A feed whose stories are all different, each about companies that are to be found in it."""
    titles = [
        f"{WORDS[number % 10]} {WORDS[number // 20]} at Nvidia and Microsoft, {source} {number}"
        for number in range(ITEMS)
    ]
    return samples.rss(*(samples.item(number, title) for number, title in enumerate(titles)))


def spec(web: WebServer, source: int) -> SourceSpec:
    async def begin() -> FeedSource:
        return FeedSource(FeedSettings(address=f"{web.address}/{source}"), AddressRules(["127.0.0.0/8"]))

    return SourceSpec(Origin(f"feed {source}", f"Feed {source}"), "desk", False, 30.0, begin)


class Waits:
    """How long what is to be stored waits, asked for over and over."""

    def __init__(self, station: Station) -> None:
        self.longest_s = 0.0
        self._ledger = station.ledger

    async def run(self) -> None:
        while True:
            begun = passed()
            await self._ledger.write(int)
            self.longest_s = max(self.longest_s, passed() - begun)
            await asyncio.sleep(0.02)


@pytest.mark.process  # the parser of feeds
async def test_many_sources_begin_without_a_long_step(valkey, settings, monkeypatch):
    settings.STREAM_SERVICES = []
    monkeypatch.setattr("news.sources.feeds.START_S", 0.1)
    await asyncio.to_thread(prepare)
    async with WebServer().running() as web, SteadyStation(valkey, MemoryLinks()) as station:
        for source in range(SOURCES):
            web.answers[f"/{source}"] = Answer(feed(source), headers=XML)
        specs = [spec(web, source) for source in range(SOURCES)]
        waits = Waits(station)
        with LoopSteps() as steps:
            waiting = asyncio.ensure_future(waits.run())
            station.services.start(DeskNews(station, lambda: specs).run(), "news")
            count = NewsItem.objects.count
            await aeventually(lambda: asked(web) == SOURCES)
            async with asyncio.timeout(60):
                while await station.ledger.read(count) < SOURCES * ITEMS:
                    await asyncio.sleep(0.1)
            waiting.cancel()
    print(f"{SOURCES} sources: longest step {steps.longest_s * 1000:.1f} ms, a fact waits {waits.longest_s:.2f} s")
    assert steps.longest_s < STEP_S, steps.what
    assert waits.longest_s < FACT_S


def asked(web: WebServer) -> int:
    return len({one.path for one in web.asked})
