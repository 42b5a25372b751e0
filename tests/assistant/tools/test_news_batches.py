"""News in batches: what does not fit into one waits for the next, up to a bound."""

import asyncio
import contextlib
import typing

import pytest

from assistant.tools import news_batches
from assistant.tools.news_batches import NewsBatches, iso_time
from news.owner.desk import DeskNews
from streaming import runtime
from tests.support.cluster_in_one_loop import SteadyStation
from tests.support.corridor import MemoryLinks
from tests.support.news import TalkingSource, item


@pytest.fixture(autouse=True)
def _settings(settings):
    settings.STREAM_SERVICES = []
    settings.STREAM_EXTENSIONS = []


@contextlib.asynccontextmanager
async def wire(valkey) -> typing.AsyncIterator[TalkingSource]:
    """A source of news, in the event loop of a desk."""
    async with SteadyStation(valkey, MemoryLinks()) as station:
        runtime.install(station)
        try:
            source = TalkingSource()
            station.services.start(DeskNews(station, lambda: [source.spec]).run(), "news")
            await source.running.wait()
            yield source
        finally:
            del runtime._runtimes[next(loop for loop, one in runtime._runtimes.items() if one is station)]


def titles(articles: list[dict[str, str]]) -> list[str]:
    return [article["title"] for article in articles]


async def test_what_does_not_fit_waits_and_the_symbols_own_goes_first(valkey):
    async with wire(valkey) as source:
        batches = NewsBatches(1, "TSLA")
        assert await batches.read() == []
        await source.deliver(*(item(number, f"Market report {number}", symbols=()) for number in range(4)))
        await source.deliver(item(9, "Tesla delivers", symbols=("TSLA",)))
        assert titles(await batches.read()) == ["Tesla delivers", "Market report 3", "Market report 2"]
        await source.deliver(item(10, "Tesla delivers more", symbols=("TSLA",)))
        assert titles(await batches.read()) == ["Tesla delivers more", "Market report 1", "Market report 0"]
        assert await batches.read() == []


async def test_what_waits_is_bounded_and_the_oldest_is_left_out(valkey, monkeypatch):
    monkeypatch.setattr(news_batches, "MOST_WAITING", 4)
    async with wire(valkey) as source:
        batches = NewsBatches(1, "TSLA")
        await batches.read()
        for number in range(6):
            await source.deliver(item(number, f"Market report {number}", symbols=()))
            if number == 3:
                assert len(await batches.read()) == 3
        assert titles(await batches.read()) == ["Market report 5", "Market report 4", "Market report 0"]


async def test_whether_there_is_a_source_is_told(valkey):
    async with wire(valkey) as source:
        await source.deliver(item(1))
        assert await NewsBatches(1, "TSLA").has_source()


async def rhythm(interval: int, duration: int, most: int = 0) -> list[float]:
    """The progress of a stream of batches (ms), which its listener leaves after `most` of them."""
    batches, gone, told = NewsBatches(1, "TSLA"), asyncio.get_running_loop().create_future(), []
    async for progress, _ in batches.read_each(interval, duration, gone):
        told.append(progress)
        if len(told) == most:
            gone.set_result(None)
    return told


async def test_progress_rises_with_each_interval_and_never_reaches_one(valkey):
    async with wire(valkey):
        loop = asyncio.get_running_loop()
        begun = loop.time()
        assert await rhythm(100, 300) == [0.3333, 0.6666]
        assert 0.3 <= loop.time() - begun < 1.5, "it lasts as long as it is to"
        assert await rhythm(200, 100) == []
        assert (await rhythm(1, 200))[-1] == 0.995


async def test_batches_end_as_soon_as_their_listener_must_leave(valkey):
    async with wire(valkey):
        async with asyncio.timeout(10):
            assert await rhythm(50, 600_000, most=2) == [0.0, 0.0001]


def test_times_are_utc_with_milliseconds():
    assert iso_time(1_761_337_781_507) == "2025-10-24T20:29:41.507Z"
