"""A stream of news: what comes when, how it ends, how often it starts, and that nothing is left of it."""

import asyncio
import contextlib
import json
import typing

import httpx_sse
import pytest
from channels.routing import URLRouter

from accounts.auth import tokens
from accounts.models import User
from assistant import open_streams, routing
from assistant.counts import counts
from assistant.news_stream import stream as news_stream
from assistant.news_stream.stream import stream
from assistant.open_limits import count_held
from market.routing import at
from news.owner.desk import DeskNews
from tests.support.cluster_in_one_loop import SteadyStation
from tests.support.corridor import MemoryLinks
from tests.support.eventually import aeventually
from tests.support.live_server import Served
from tests.support.news import TalkingSource, item

PATH = "/api/mcp/stream-news"
LONG = {"interval": "60000", "duration": "600000"}


class StreamDesk(Served):
    """The stream, open to person 1 (or whom `X-Person` names)."""

    routes = URLRouter([at(r"^api/mcp/stream-news/?$", stream)])
    source: TalkingSource


@pytest.fixture(autouse=True)
def _settings(settings):
    settings.STREAM_SERVICES = []
    settings.STREAM_EXTENSIONS = []


@contextlib.asynccontextmanager
async def stream_desk(valkey) -> typing.AsyncIterator[StreamDesk]:
    """A desk without a source of news."""
    async with (
        SteadyStation(valkey, MemoryLinks()) as station,
        StreamDesk(typing.cast(typing.Any, station)) as served,
    ):
        yield served


@contextlib.asynccontextmanager
async def news_desk(valkey) -> typing.AsyncIterator[StreamDesk]:
    """A desk with one."""
    async with stream_desk(valkey) as served:
        source = served.source = TalkingSource()
        station = typing.cast(SteadyStation, served.house)
        station.services.start(DeskNews(station, lambda: [source.spec]).run(), "news")
        await source.running.wait()
        await source.deliver()
        yield served


def opened(served: StreamDesk, last: str = "", **params: str) -> typing.Any:
    headers = {"Last-Event-ID": last} if last else {}
    return httpx_sse.aconnect_sse(served.client, "GET", PATH, params=params, headers=headers)


async def refusal(served: StreamDesk, **headers: str) -> tuple[int, str]:
    answer = await served.client.get(PATH, params=LONG, headers=headers)
    return answer.status_code, answer.json()["code"]


def batch(event: httpx_sse.ServerSentEvent) -> list[str]:
    """The headlines of a batch."""
    news = json.loads(event.json()["params"]["message"])["news"]
    assert news["category"] == "all"
    assert news["count"] == len(news["articles"])
    return [article["title"] for article in news["articles"]]


async def test_the_symbols_news_come_first_then_the_markets_and_each_item_once(valkey):
    async with news_desk(valkey) as served:
        about = {"symbols": ("TSLA",), "publisher": "The wire", "url": "https://x.example/1", "categories": ("fed",)}
        await served.source.deliver(item(1, "Tesla raises its outlook", **about))
        await served.source.deliver(*(item(number, f"Market report {number}", symbols=()) for number in range(2, 6)))
        async with opened(served, interval="1000", duration="3000") as source:
            answer = source.response
            assert answer.headers["content-type"].startswith("text/event-stream")
            assert answer.headers["x-accel-buffering"] == "no"
            assert answer.headers["cache-control"].startswith("no-cache")
            events = source.aiter_sse()
            first = await anext(events)
            assert first.event == "message"
            assert json.loads(first.json()["params"]["message"])["status"] == "connected"
            second = await anext(events)
            assert batch(second) == ["Tesla raises its outlook", "Market report 5", "Market report 4"]
            (article, *_) = json.loads(second.json()["params"]["message"])["news"]["articles"]
            assert set(article) == {"source", "title", "url", "time", "category"}
            assert (article["source"], article["url"]) == ("The wire", "https://x.example/1")
            assert article["time"].endswith("Z")
            await served.source.deliver(item(9, "Gold falls", symbols=()))
            third = await anext(events)
            assert batch(third) == ["Gold falls"], "only what is new"
            last = await anext(events)
            assert last.json() == {
                "jsonrpc": "2.0",
                "result": {"content": [{"type": "text", "text": "Stream complete"}], "isError": False},
                "id": 1,
            }
            assert [one async for one in events] == []
        assert [one.id for one in (first, second, third, last)] == ["0", "1", "2", "end"]
        told = [one.json()["params"]["progress"] for one in (first, second, third)]
        assert told == [0, 0.3333, 0.6666]


async def test_the_first_event_comes_at_once(valkey):
    async with stream_desk(valkey) as served:
        loop = asyncio.get_running_loop()
        took = []
        for person in range(1, 11):
            begun = loop.time()
            async with served.client.stream("GET", PATH, params=LONG, headers={"X-Person": str(person)}) as answer:
                await anext(answer.aiter_lines())
                took.append(loop.time() - begun)
        assert sorted(took)[4] < 0.1


async def test_without_news_a_batch_is_empty_and_progress_goes_on(valkey):
    async with news_desk(valkey) as served, opened(served, interval="1000", duration="2000") as source:
        found = [event async for event in source.aiter_sse()]
        assert batch(found[1]) == []
        assert found[1].json()["params"]["progress"] == 0.5


async def test_a_stream_that_has_nothing_to_tell_is_not_silent(valkey, monkeypatch):
    monkeypatch.setattr(news_stream, "COMMENT_S", 0.2)
    async with news_desk(valkey) as served:
        params = {"interval": "5000", "duration": "1000"}
        async with served.client.stream("GET", PATH, params=params) as answer:
            lines = [line async for line in answer.aiter_lines() if line]
        comments = [line for line in lines if line.startswith(":")]
        assert set(comments) == {": still here"}
        assert 2 <= len(comments) <= 5
        async with opened(served, **params) as source:
            assert [event.id async for event in source.aiter_sse()] == ["0", "end"], "a comment is no event"


async def test_an_interval_longer_than_the_stream_brings_the_end_alone(valkey):
    async with news_desk(valkey) as served, opened(served, interval="5000", duration="1000") as source:
        found = [event async for event in source.aiter_sse()]
        assert [event.id for event in found] == ["0", "end"]


async def test_without_a_source_it_says_so_and_is_over(valkey):
    async with stream_desk(valkey) as served, opened(served, **LONG) as source:
        first, last = [event async for event in source.aiter_sse()]
        assert json.loads(first.json()["params"]["message"])["status"] == "connected"
        assert last.json() == {"jsonrpc": "2.0", "error": {"code": -32000, "message": "no news source"}, "id": 1}
        assert last.id == "end"


async def test_who_comes_again_after_the_end_is_sent_away_and_ids_go_on_before(valkey):
    async with stream_desk(valkey) as served:
        answer = await served.client.get(PATH, headers={"Last-Event-ID": "end"})
        assert (answer.status_code, answer.content) == (204, b"")
        async with opened(served, last="41", **LONG) as source:
            assert (await anext(source.aiter_sse())).id == "42"
        async with opened(served, last="9" * 40, **LONG) as source:
            assert (await anext(source.aiter_sse())).id == "0"


@pytest.mark.parametrize(
    ("field", "value"),
    [("interval", "999"), ("interval", "300001"), ("interval", "x"), ("duration", "999"), ("duration", "1800001")],
)
async def test_a_parameter_out_of_bounds_is_named(valkey, field, value):
    async with stream_desk(valkey) as served:
        answer = await served.client.get(PATH, params={field: value})
        assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (400, "bad_message", field)


async def test_what_is_no_symbol_is_refused(valkey):
    async with stream_desk(valkey) as served:
        answer = await served.client.get(PATH, params={"symbol": "TS LA;--"})
        assert (answer.status_code, answer.json()["code"]) == (400, "unknown_symbol")
        assert (await served.client.post(PATH)).status_code == 405


async def test_the_eleventh_start_of_a_minute_waits(valkey):
    async with stream_desk(valkey) as served:
        for _ in range(10):
            assert (await served.client.get(PATH, params=LONG)).status_code == 200
        answer = await served.client.get(PATH, params=LONG)
        assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
        assert 1 <= int(answer.headers["retry-after"]) <= 60
        assert await refusal(served, X_Person="2") == (429, "rate_limited"), "the address is counted"


async def test_a_person_is_counted_from_wherever_they_come(valkey, settings):
    settings.TRUSTED_PROXY_COUNT = 1
    async with stream_desk(valkey) as served:

        async def start(address: str, person: str = "1") -> int:
            headers = {"X-Forwarded-For": f"1.1.1.1, {address}", "X-Person": person}
            return (await served.client.get(PATH, params=LONG, headers=headers)).status_code

        assert [await start(f"9.9.9.{number}") for number in range(11)] == [200] * 10 + [429]
        assert await start("9.9.9.99", "2") == 200


async def test_a_person_has_four_at_once_and_a_process_a_bounded_number(valkey, monkeypatch):
    async with news_desk(valkey) as served, contextlib.AsyncExitStack() as stack:
        streams = [(await stack.enter_async_context(opened(served, **LONG))).aiter_sse() for _ in range(4)]
        for events in streams:
            await anext(events)
        assert await refusal(served) == (429, "too_many_sockets")
        monkeypatch.setattr(open_streams, "OF_PROCESS", 4)
        assert await refusal(served, **{"X-Person": "2"}) == (503, "unavailable")
        assert counts.news_streams == 4
    assert counts.news_streams == 0


async def test_nothing_is_left_of_a_stream_whose_client_left(valkey):
    async with news_desk(valkey) as served:
        hub = served.house.hub
        async with opened(served, **LONG) as source:
            await anext(source.aiter_sse())
            assert (len(hub.shares), counts.news_streams) == (1, 1)
        begun = asyncio.get_running_loop().time()
        await aeventually(lambda: (len(hub.shares), counts.news_streams, count_held()) == (0, 0, 0))
        assert asyncio.get_running_loop().time() - begun < 1
        await aeventually(lambda: not hub.everybody())


async def test_a_stream_that_is_open_at_the_end_of_the_desk_is_told_and_may_come_again(valkey):
    async with news_desk(valkey) as served, opened(served, **LONG) as source:
        events = source.aiter_sse()
        await anext(events)
        stopping = asyncio.ensure_future(served.stop())
        last = await anext(events)
        assert last.json()["result"]["isError"]
        assert last.json()["result"]["content"][0]["text"] == "restarting"
        assert last.id == "0", "it has no id of its own: an EventSource comes again"
        await asyncio.wait_for(stopping, 5)


async def test_who_is_signed_out_is_told(valkey):
    async with news_desk(valkey) as served, opened(served, **LONG) as source:
        events = source.aiter_sse()
        await anext(events)
        served.house.hub.access_ended(1)
        last = await anext(events)
        assert last.json()["result"] == {"content": [{"type": "text", "text": "signed out"}], "isError": True}


@pytest.mark.django_db(transaction=True)
async def test_it_is_for_who_presents_a_token_or_is_signed_in(valkey, settings):
    settings.ALLOWED_ORIGINS = []
    person = await User.objects.acreate(email="alice@example.com")
    token, _ = await asyncio.to_thread(tokens.make, person, "reads")

    class WholeDesk(StreamDesk):
        routes = URLRouter(routing.http_urlpatterns)

    async with (
        SteadyStation(valkey, MemoryLinks()) as station,
        WholeDesk(typing.cast(typing.Any, station)) as served,
    ):
        assert await refusal(served) == (401, "signed_out")
        assert await refusal(served, Authorization="Bearer tdk_cut") == (401, "bad_token")
        assert await refusal(served, Origin="https://elsewhere.example") == (403, "forbidden")
        answer = await served.client.get(PATH, params={**LONG, "token": token})
        assert (answer.status_code, answer.json()["code"]) == (400, "token_in_url")
        other, _ = await asyncio.to_thread(tokens.make, person, "reads too")
        assert (await served.client.get(PATH, params=LONG, headers={"X-API-Key": other})).status_code == 200
