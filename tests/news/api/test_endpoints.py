"""What scripts and pages of other sites ask for: Finnhub's fields word for word, and when that cannot be told."""

import contextlib
import datetime
import typing

import pytest

from news.owner.desk import DeskNews
from news.sources.contract import KeyRejected, SourceLost
from tests.news.stream.test_transports import Desk
from tests.support.cluster_in_one_loop import Station
from tests.support.corridor import MemoryLinks
from tests.support.eventually import aeventually
from tests.support.news import TalkingSource, item

LISTED = "https://partner.example"
AT = datetime.datetime(2026, 11, 1, 5, 59, 58, 250_000, tzinfo=datetime.UTC)
FIELDS = {
    "category", "datetime", "headline", "id", "image", "related", "source", "summary", "url",
    "timestamp", "formatted_date", "formatted_zone",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _settings(settings):
    settings.STREAM_SERVICES = []
    settings.ALLOWED_ORIGINS = [LISTED]


@contextlib.asynccontextmanager
async def finnhub_desk(valkey) -> typing.AsyncIterator[tuple[Desk, TalkingSource]]:
    """A desk whose one source is Finnhub."""
    async with Station(valkey, MemoryLinks()) as station:
        source = TalkingSource("finnhub")
        spec = source.spec._replace(kind="finnhub")
        station.services.start(DeskNews(station, lambda: [spec]).run(), "news")
        await source.running.wait()
        async with Desk(typing.cast(typing.Any, station)) as served:
            yield served, source


async def test_an_article_has_finnhubs_fields_and_its_time_in_words_of_utc(valkey):
    async with finnhub_desk(valkey) as (served, source):
        told = item(
            7, "Fed holds rates", published_at=AT, publisher="CNBC", url="https://x.example/7", summary="As expected",
            symbols=("SPY", "QQQ"), categories=("fed",),
        )  # fmt: skip
        await source.deliver(told)
        answer = await served.client.get("/api/news")
        found = answer.json()
        assert set(found) == {"articles", "source"}
        assert found["source"] == "finnhub"
        (article,) = found["articles"]
        assert set(article) == FIELDS
        assert (article["datetime"], article["timestamp"]) == (1_793_512_798, 1_793_512_798_250)
        assert (article["formatted_date"], article["formatted_zone"]) == ("2026-11-01 05:59:58", "UTC")
        assert (article["headline"], article["summary"], article["source"], article["related"], article["url"]) == (
            "Fed holds rates", "As expected", "CNBC", "SPY,QQQ", "https://x.example/7",
        )  # fmt: skip
        again = await served.client.get("/api/news", headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        await source.deliver(item(8))
        again = await served.client.get("/api/news", headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, len(again.json()["articles"])) == (200, 2)


@pytest.mark.parametrize(
    "error", [SourceLost("Finnhub answers HTTP 500", retry_after=60), KeyRejected("Finnhub refuses the key")]
)
async def test_where_finnhub_fails_it_is_unavailable_and_the_desk_is_degraded(valkey, error):
    async with finnhub_desk(valkey) as (served, source):
        source.fail(error)

        async def fails() -> bool:
            answer = await served.client.get("/api/news")
            return (answer.status_code, answer.json().get("code")) == (503, "unavailable")

        await aeventually(fails)
        answer = await served.client.get("/api/news")
        assert error.reason in answer.json()["detail"]
        assert int(answer.headers["retry-after"]) > 0
        health = await served.client.get("/api/core/health")
        assert health.status_code == 503
        assert (health.json()["status"], health.json()["services"]["news"]) == ("degraded", "away")
        assert error.reason not in health.text, "no detail for strangers"
        assert set(health.json()["services"].values()) <= {"working", "away", "none"}


@pytest.mark.parametrize("path", ["/news/headlines", "/api/news", "/api/core/health"])
async def test_pages_of_listed_origins_may_ask(valkey, path):
    async with finnhub_desk(valkey) as (served, _):
        asking = {"Origin": LISTED, "Access-Control-Request-Method": "GET"}
        preflight = await served.client.options(path, headers=asking)
        assert preflight.status_code == 204
        assert "If-None-Match" in preflight.headers["access-control-allow-headers"]
        for origin, leave in ((LISTED, LISTED), ("https://evil.example", None)):
            answer = await served.client.get(path, headers={"Origin": origin})
            assert answer.headers.get("access-control-allow-origin") == leave
