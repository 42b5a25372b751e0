"""News on every transport, over real sockets: each item once, in the order of receipt, and on after a break."""

import asyncio
import base64
import collections
import contextlib
import json
import typing

import msgspec
import pytest
import websockets
from channels.routing import URLRouter
from django.urls import re_path

from market.routing import at
from news.api import health
from news.owner.desk import DeskNews
from news.routing import APPS
from streaming.consumers import StreamingConsumer
from streaming.transports.backpressure import on_line
from streaming.transports.poll import poll
from streaming.transports.sse import stream
from tests.support.cluster_in_one_loop import BRISK, STEADY, Station
from tests.support.corridor import MemoryLinks
from tests.support.eventually import aeventually
from tests.support.live_server import POLL, SSE, Served
from tests.support.news import TalkingSource, item

WATCH = json.dumps({"topics": ["news"]})


class Desk(Served):
    """A process of the desk that runs its news, open to person 1 (or whom `X-Person` names)."""

    routes = URLRouter(
        [
            re_path("^ws/(?P<preset>news)/?$", StreamingConsumer.as_asgi()),
            re_path("^ws/streaming/$", StreamingConsumer.as_asgi()),
            re_path("^sse/streaming/$", typing.cast(typing.Any, on_line(stream))),
            re_path("^api/stream/poll/$", typing.cast(typing.Any, on_line(poll))),
            *(at(pattern, app) for pattern, app in (*APPS.items(), (r"^api/core/health/?$", health.serve))),
        ]
    )


@pytest.fixture(autouse=True)
def _no_services(settings):
    settings.STREAM_SERVICES = []


@contextlib.asynccontextmanager
async def news_desk(valkey, in_force=STEADY):
    """A desk with three items, and the source that can bring more."""
    async with Station(valkey, MemoryLinks(), in_force=in_force) as station:
        source = TalkingSource()
        news = DeskNews(station, lambda: [source.spec])
        station.services.start(news.run(), "news")
        await source.deliver(item(1), item(2), item(3))
        async with Desk(typing.cast(typing.Any, station)) as served:
            yield served, source


async def test_a_plain_socket_has_the_newest_at_once_and_then_each_as_it_comes(valkey):
    async with news_desk(valkey) as (served, source), plain(served) as socket:
        told: list[str] = []
        while len(told) < 3:
            message = json.loads(await socket.recv())
            told += [message["id"]] if message["type"] == "news" else []
        await source.deliver(item(3), item(4))
        while "d4" not in told:
            message = json.loads(await socket.recv())
            told += [message["id"]] if message["type"] == "news" else []
        assert told == ["d1", "d2", "d3", "d4"]


def plain(served: Desk) -> websockets.connect:
    return websockets.connect(f"ws://127.0.0.1:{served.port}/ws/news", proxy=None)


async def test_server_sent_events_go_on_where_they_broke(valkey):
    async with news_desk(valkey) as (served, source):
        last, told = await until_news(served, {}, 3)
        assert told == ["d1", "d2", "d3"]
        assert last.endswith(":d3.p0")
        await source.deliver(item(4), item(2, "Nvidia revises"))
        last, told = await until_news(served, {"Last-Event-ID": last}, 2)
        assert told == ["d2", "d4"], "in the order of receipt: a revision keeps the place of its item"
        assert last.endswith(":d5.p0")


async def until_news(served: Desk, headers: dict[str, str], count: int) -> tuple[str, list[str]]:
    """Read a stream until so many items came; return the last id and theirs."""
    told: list[str] = []
    last = ""
    async with served.client.stream("GET", SSE, params={"watch": WATCH}, headers=headers) as answer:
        name = ""
        async for line in answer.aiter_lines():
            field, _, value = line.partition(": ")
            if field == "id":
                last = value
            elif field == "event":
                name = value
            elif field == "data" and name == "news":
                told += [one["id"] for one in json.loads(value)["articles"]]
            if len(told) >= count and not line:
                return last, told
    raise AssertionError(f"the stream ended after {told}")


async def test_a_poll_brings_what_is_new_once(valkey):
    async with news_desk(valkey) as (served, source):
        told, cursor = [], ""
        for asked in range(6):
            params = {"watch": WATCH, "wait_s": "0", **({"cursor": cursor} if cursor else {})}
            answer = (await served.client.get(POLL, params=params)).json()
            cursor = answer["cursor"]
            told += [one["id"] for frame in answer["frames"] if frame["type"] == "news" for one in frame["articles"]]
            if asked == 2:
                await source.deliver(item(4))
        assert told == ["d1", "d2", "d3", "d4"]
        assert cursor.endswith(":d4.p0")


def running(served: Desk) -> collections.Counter[str]:
    """What runs in this loop, by name, with the readers of news and the sockets."""
    hub = served.house.hub
    named = collections.Counter(getattr(task.get_coro(), "__qualname__", "") for task in asyncio.all_tasks())
    return named + collections.Counter(readers=sum(map(len, hub.lists._readers.values())), sockets=len(hub.everybody()))


AT_ONCE_S = 1.0
"""Sooner than the next time that the owner says where the list stands, on a busy machine too."""


async def first_of(served: Desk, carrier: str) -> float:
    """Open a stream, wait for its first news, and leave; return how long that took from the request on, in s."""
    begun = asyncio.get_running_loop().time()
    if carrier == "sse":
        await until_news(served, {}, 1)
    else:
        protocols = [websockets.Subprotocol("tapedeck.v1")] if carrier == "frames" else None
        url = f"ws://127.0.0.1:{served.port}/ws/news"
        async with websockets.connect(url, subprotocols=protocols, proxy=None) as socket:
            if carrier == "frames":
                await socket.send(json.dumps({"type": "hello", "watch": {"topics": ["news"]}}))
            while json.loads(await socket.recv())["type"] != "news":
                pass
    return asyncio.get_running_loop().time() - begun


@pytest.mark.parametrize("carrier", ["sse", "plain", "frames"])
async def test_the_first_news_come_at_once_and_nothing_runs_on_once_the_client_left(valkey, carrier):
    """A5. A person's streams are held for a while in case they come back, which here is no time at all.

    The best of three, for a busy machine must not decide; `bench.news_latency` has the figure of 100 ms.
    """
    async with news_desk(valkey, msgspec.structs.replace(BRISK, linger_s=0.0)) as (served, _):
        before = running(served)
        assert min([await first_of(served, carrier) for _ in range(3)]) < AT_ONCE_S
        left = asyncio.get_running_loop().time()
        await aeventually(lambda: not running(served) - before, saying=lambda: running(served) - before)
        print(f"nothing of it runs {asyncio.get_running_loop().time() - left:.2f} s after its client left")


async def test_headlines_are_pages_with_an_etag(valkey):
    async with news_desk(valkey) as (served, source):
        await source.deliver(item(4, "Fed holds rates", symbols=("SPY",)))
        first = await served.client.get("/news/headlines", params={"limit": 3})
        found = first.json()
        assert [one["id"] for one in found["articles"]] == ["d4", "d3", "d2"]
        rest = (await served.client.get("/news/headlines", params={"before": found["next"]})).json()
        assert ([one["id"] for one in rest["articles"]], rest["next"]) == (["d1"], None)
        again = await served.client.get(
            "/news/headlines", params={"limit": 3}, headers={"If-None-Match": first.headers["etag"]}
        )
        assert (again.status_code, again.content) == (304, b"")
        spy = (await served.client.get("/news/headlines", params={"symbol": "spy", "category": "fed"})).json()
        assert [one["id"] for one in spy["articles"]] == ["d4"]
        weak = {"If-None-Match": f'"other", W/{first.headers["etag"]}'}
        assert (await served.client.get("/news/headlines", params={"limit": 3}, headers=weak)).status_code == 304
        wrong = (("limit", "0"), ("symbol", "<x>"), ("category", "gossip"), ("before", "%%"), ("after", "d99"),
                 ("after", "p1"))  # fmt: skip
        for field, value in wrong:
            refused = await served.client.get("/news/headlines", params={field: value})
            assert (refused.status_code, refused.json()["field"]) == (400, field)


async def test_who_asks_after_an_article_has_what_is_newer_and_a_place_counts_nobody_elses_items(valkey):
    async with news_desk(valkey) as (served, source):

        async def asked(**params):
            found = (await served.client.get("/news/headlines", params=params)).json()
            return [one["id"] for one in found["articles"]], found["next"]

        assert await asked(after="d3") == ([], None)
        await source.deliver(item(4), item(5))
        assert await asked(after="d3") == (["d5", "d4"], None)
        newest, following = await asked(after="d1", limit=2)
        assert newest == ["d5", "d4"]
        assert await asked(after="d1", before=following, limit=2) == (["d3", "d2"], None)
        told = base64.urlsafe_b64decode(f"{following}{'=' * (-len(following) % 4)}").decode()
        assert told.partition(".")[2] == "d4", "the number in its own list, and no row of a table that all share"


async def test_without_a_key_finnhubs_articles_are_none_and_it_says_why(valkey):
    async with news_desk(valkey) as (served, _):
        answer = await served.client.get("/api/news")
        assert (answer.status_code, answer.json()) == (200, {"articles": [], "error": "No news API configured"})


async def test_the_desks_health_is_told_to_anybody_in_words(valkey):
    async with news_desk(valkey) as (served, _):
        answer = await served.client.get("/api/core/health")
        assert answer.json()["services"]["news"] in ("working", "none")
        assert set(answer.json()["services"]) == {
            "database", "layer", "streams", "news", "portfolio", "alerts", "signals", "mcp",
        }  # fmt: skip
        assert (answer.status_code == 200) == (answer.json()["status"] == "healthy")
