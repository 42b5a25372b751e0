"""The desk's sources are run by one process, followed by another, and what they bring reaches every page once."""

import asyncio
import typing

import pytest

from lib.clock import now_ms
from news.owner import runner
from news.owner.desk import DeskNews
from news.sources.contract import SourceLost
from news.store.writer import forget_source
from streaming.wire.list_position import ListPosition
from streaming.wire.subscription import Subscription
from tests.support.cluster_in_one_loop import Station
from tests.support.corridor import MemoryLinks, Reader
from tests.support.eventually import aeventually
from tests.support.news import TalkingSource, headlines, item

NEWS = Subscription(topics=frozenset({"news"}))
PLAIN = Subscription(topics=frozenset({"news"}), dialect="plain")
pytestmark = pytest.mark.usefixtures("_no_services")


@pytest.fixture
def _no_services(settings, monkeypatch):
    settings.STREAM_SERVICES = []
    monkeypatch.setattr("news.owner.desk.CLAIM_S", 0.05)


async def owned(station: Station, source: TalkingSource) -> DeskNews:
    """The desk's news, as `station` runs it or waits to."""
    news = DeskNews(station, lambda: [source.spec])
    station.services.start(news.run(), "news")
    return news


async def test_an_item_reaches_pages_of_every_process_at_once_and_each_once(valkey):
    async with Station(valkey, MemoryLinks()) as streams, Station(valkey, MemoryLinks(), willing=False) as web:
        source = TalkingSource()
        await owned(streams, source)
        near, far = streams.reader(NEWS), web.reader(PLAIN)
        await source.deliver(item(1))
        await near.until(lambda r: len(headlines(r.of("news"))) == 1)
        await far.until(lambda r: len(r.of("news")) == 1)
        await source.deliver(item(1), item(2))
        await near.until(lambda r: len(headlines(r.of("news"))) == 2)
        await far.until(lambda r: len(r.of("news")) == 2)
        assert [one["id"] for one in far.of("news")] == ["d1", "d2"]
        assert near.of("news")[-1]["list"] == "d2.p0"
        assert far.of("news")[0]["symbols"] == ["NVDA"]


async def test_a_page_that_comes_later_has_the_newest_and_one_that_comes_again_what_it_missed(valkey):
    async with Station(valkey, MemoryLinks()) as streams:
        source = TalkingSource()
        await owned(streams, source)
        await source.deliver(*(item(number) for number in range(30)))
        reader = streams.reader(NEWS)
        await reader.until(lambda r: r.of("news"))
        first = reader.of("news")[0]
        assert first["snapshot"]
        assert len(first["articles"]) == 20
        assert first["articles"][-1]["id"] == "d30"
        streams.hub.leave(reader.socket)
        await source.deliver(item(30), item(31), item(5, "Nvidia raises its outlook again"))
        resumed = Reader(typing.cast(typing.Any, streams), 1, NEWS).join(("1-dead", 0, 0, ListPosition(30, 0)))
        await resumed.until(lambda r: r.of("news"))
        missed = resumed.of("news")[0]
        assert "snapshot" not in missed
        assert {one["id"] for one in missed["articles"]} == {"d31", "d32", "d6"}
        revised = next(one for one in missed["articles"] if one["id"] == "d6")
        assert (revised["revision"], revised["revisions"][0]["headline"]) == (2, item(5).headline)


async def test_the_pace_that_a_source_is_asked_at_is_told(valkey):
    async with Station(valkey, MemoryLinks()) as streams:
        source = TalkingSource()
        await owned(streams, source)
        reader = streams.reader(NEWS)
        await source.running.wait()
        assert source.report is not None
        source.report.keep_pace(120.0)
        await reader.until(
            lambda r: [one["pace_s"] for message in r.of("news_sources")[-1:] for one in message["sources"]] == [120]
        )


async def test_a_story_goes_with_the_source_that_told_it(valkey):
    async with Station(valkey, MemoryLinks()) as streams:
        wire, other = TalkingSource("wire"), TalkingSource("other")
        wanted = [other.spec, wire.spec]
        news = DeskNews(streams, lambda: wanted)
        streams.services.start(news.run(), "news")
        reader = streams.reader(NEWS)
        await wire.deliver(item(1))
        await other.deliver(item(2))
        wanted.pop()
        assert news.sources is not None
        await streams.ledger.write(forget_source, 0, "wire")
        news.sources.follow(wanted)
        await other.deliver(item(3, item(1).headline))
        await reader.until(lambda r: len(headlines(r.of("news"))) == 3)
        told = [one["story"] for message in reader.of("news") for one in message["articles"]]
        assert told == ["d1", "d2", "d3"]


async def test_a_paused_page_misses_nothing(valkey):
    async with Station(valkey, MemoryLinks()) as streams:
        source = TalkingSource()
        await owned(streams, source)
        await source.deliver(item(1))
        reader = streams.reader(NEWS)
        await reader.until(lambda r: r.of("news"))
        streams.hub.show(reader.socket, Subscription(topics=frozenset({"news"}), pace_ms=None))
        await source.deliver(item(2))
        await source.deliver(item(3))
        assert len(reader.of("news")) == 1
        streams.hub.show(reader.socket, NEWS)
        await reader.until(lambda r: len(headlines(r.of("news"))) == 3)


async def test_what_the_layer_loses_is_read_after_the_next_reminder(valkey, monkeypatch):
    async with Station(valkey, MemoryLinks()) as streams, Station(valkey, MemoryLinks(), willing=False) as web:
        source = TalkingSource()
        await owned(streams, source)
        await source.deliver(item(1))
        far = web.reader(NEWS)
        await far.until(lambda r: r.of("news"))
        with monkeypatch.context() as deaf:
            deaf.setattr(web.hub.lists, "receive", lambda message: None)
            await source.deliver(item(2))
            await source.deliver(item(3))
        await far.until(lambda r: len(headlines(r.of("news"))) == 3)


async def test_another_process_follows_the_one_that_vanished_and_numbers_go_on(valkey):
    async with Station(valkey, MemoryLinks()) as second:
        first = await Station(valkey, MemoryLinks()).__aenter__()
        before, after = TalkingSource(), TalkingSource()
        await owned(first, before)
        await before.deliver(item(1), cursor={"newest": "1"})
        await owned(second, after)
        await first.vanish()
        async with asyncio.timeout(20):
            await after.running.wait()
        assert after.begun_with == [{"newest": "1"}]
        await after.deliver(item(1), item(2))
        reader = second.reader(NEWS)
        await reader.until(lambda r: len(headlines(r.of("news"))) == 2)
        assert [one["number"] for one in reader.of("news")[0]["articles"]] == [1, 2]
        with pytest.raises(Exception, match="is over"):
            await before.emit([item(3)], {})
        await first.come_back()


async def test_only_one_process_runs_the_sources(valkey):
    async with Station(valkey, MemoryLinks()) as one, Station(valkey, MemoryLinks()) as other:
        source = TalkingSource()
        here = await owned(one, source)
        await source.running.wait()
        there = await owned(other, TalkingSource())
        await source.deliver(item(1))
        assert here.sources is not None
        assert there.sources is None


async def test_a_source_that_broke_is_begun_again_from_its_cursor_and_says_why(valkey):
    async with Station(valkey, MemoryLinks()) as streams:
        source = TalkingSource()
        news = await owned(streams, source)
        reader = streams.reader(NEWS)
        await source.deliver(item(1), cursor={"etag": "a"})
        source.fail(SourceLost("the wire answered HTML"))
        await aeventually(lambda: len(source.begun_with) == 2)
        assert source.begun_with[1] == {"etag": "a"}
        assert source.closed == 1
        assert news.sources is not None
        await reader.until(lambda r: r.of("news_sources"))


async def test_a_batch_that_breaks_off_leaves_the_cursor_where_it_was_and_comes_again_whole(valkey, monkeypatch):
    async with Station(valkey, MemoryLinks()) as streams:
        source, stored, batch = TalkingSource(), [], [item(number) for number in range(60)]
        news = await owned(streams, source)
        await source.deliver(batch[0], cursor={"newest": "0"})
        store = runner.analyse_and_store

        def breaking(*given):
            stored.append(given)
            if len(stored) == 2:
                raise SourceLost("it broke off")
            return store(*given)

        with monkeypatch.context() as broken:
            broken.setattr(runner, "analyse_and_store", breaking)
            with pytest.raises(SourceLost):
                await source.deliver(*batch, cursor={"newest": "59"})
        source.fail(SourceLost("it broke off"))
        await aeventually(lambda: len(source.begun_with) == 2)
        assert source.begun_with[1] == {"newest": "0"}
        await source.deliver(*batch, cursor={"newest": "59"})
        reader = Reader(typing.cast(typing.Any, streams), 1, NEWS).join(("1-dead", 0, 0, ListPosition(0, 0)))
        await reader.until(lambda r: len(headlines(r.of("news"))) == 60)
        assert [one["number"] for one in reader.of("news")[0]["articles"]] == list(range(1, 61))
        assert news.sources is not None
        assert news.sources.statuses()[0]["items"] == 60, "what is known already is not counted again"


async def test_a_source_is_left_alone_for_as_long_as_it_asks_and_says_until_when(valkey):
    async with Station(valkey, MemoryLinks()) as streams:
        source = TalkingSource()
        news = await owned(streams, source)
        await source.running.wait()
        failed, loop = now_ms(), asyncio.get_running_loop()
        begun = loop.time()
        source.fail(SourceLost("it asks to be left alone", retry_after=1.5))
        await aeventually(lambda: news.sources and news.sources.statuses()[0]["retry_at"])
        assert news.sources is not None
        (status,) = news.sources.statuses()
        assert (status["state"], status["reason"]) == ("failing", "it asks to be left alone")
        assert failed + 1_500 <= typing.cast(int, status["retry_at"]) <= failed + 2_500
        await aeventually(lambda: len(source.begun_with) == 2)
        assert loop.time() - begun >= 1.5
