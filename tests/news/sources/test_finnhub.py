"""Finnhub's news are asked for at their pace, from the newest number on."""

import time

import pytest

from news.sources.contract import KeyRejected, SourceLost
from news.sources.finnhub import FinnhubNews
from tests.news.sources.naps import Naps
from tests.news.sources.recorder import Recorder
from tests.news.sources.web_server import Answer, WebServer, json

KEY = "k3y-that-nobody-must-see"
CREDENTIALS = {"api_key": KEY}


def article(number, **more):
    return {
        "category": "technology",
        "datetime": 1_596_589_501,
        "headline": f"Headline {number} &amp; <b>more</b>",
        "id": number,
        "image": "https://image.example/x.png",
        "related": "AAPL,BRK.B",
        "source": "CNBC",
        "summary": "Text",
        "url": "https://www.cnbc.com/x.html",
        **more,
    }


@pytest.fixture
async def web():
    async with WebServer().running() as server:
        yield server


async def polled(web, answers, recorder=None, **options):
    """Poll so often as there are answers."""
    recorder, following, naps = recorder or Recorder(), iter(answers), Naps(len(answers))
    web.answers["/news"] = lambda asked: next(following)
    source = FinnhubNews(CREDENTIALS, web.address, sleep=naps, draw=lambda: 0.5, **options)
    try:
        async with recorder.running(source) as task:
            await recorder.until(task, lambda: naps.is_over)
    finally:
        await source.close()
    return recorder, naps.waits


async def test_an_article_has_what_finnhub_says_of_it(web):
    found, _ = await polled(web, [json([article(7)])])
    [item] = found.items
    assert (item.id, item.headline, item.summary) == ("7", "Headline 7 & more", "Text")
    assert (item.symbols, item.categories, item.publisher) == (("AAPL", "BRK.B"), ("technology",), "CNBC")
    assert f"{item.published_at:%Y-%m-%dT%H:%M:%S%z}" == "2020-08-05T01:05:01+0000"
    assert (item.published_by, item.recovered) == ("source", True)
    assert item.url == "https://www.cnbc.com/x.html"


async def test_the_next_poll_and_the_next_run_ask_from_the_newest_number_on(web):
    found, _ = await polled(web, [json([article(9), article(7), article(8)]), json([article(10), article(9)])])
    assert found.ids == ["7", "8", "9", "10"]
    assert [asked.query["minId"] for asked in web.asked] == ["0", "9"]
    again, _ = await polled(web, [json([])], Recorder(found.cursor))
    assert web.asked[-1].query == {"category": "general", "minId": "10"}
    assert not again.batches


async def test_the_key_is_a_header_and_never_in_an_address(web):
    await polled(web, [json([])])
    assert web.asked[0].headers["x-finnhub-token"] == KEY
    assert KEY not in web.asked[0].line


async def test_requests_keep_their_pace_and_are_a_second_apart(web):
    _, waits = await polled(web, [json([])] * 2)
    assert waits == [0.5, 30.0, 30.0]
    found, waits = await polled(web, [json([])] * 2, pace_s=0.1, categories=("general", "merger"))
    assert waits == [0.5, 1.0, 1.0]
    assert found.pace_s == 2.0, "a category's"
    assert [asked.query["category"] for asked in web.asked[-2:]] == ["general", "merger"]


@pytest.mark.parametrize(
    ("answer", "error", "retry_after"),
    [
        (Answer(b"Invalid API key", 401), KeyRejected, None),
        (Answer(b"{}", 403), KeyRejected, None),
        (Answer(b"limit", 429), SourceLost, 60.0),
        (Answer(b"limit", 429, {"Retry-After": "90"}), SourceLost, 90.0),
        (Answer(b"", 500), SourceLost, 30.0),
        (Answer(b"<html>"), SourceLost, 30.0),
        (json({"error": "x"}), SourceLost, 30.0),
        (Answer(status=302, headers={"Location": "http://127.0.0.1:1/"}), SourceLost, 30.0),
    ],
)
async def test_a_refusal_means_what_it_does_and_quotes_nothing(web, answer, error, retry_after):
    with pytest.raises(error, match="Finnhub") as told:
        await polled(web, [answer])
    assert getattr(told.value, "retry_after", None) == retry_after
    assert KEY not in repr(told.value)


async def test_bad_rows_are_counted_alone(web):
    rows = [article(1), 7, {"id": "x"}, article(2, headline="", summary=""), article(3, datetime=0), article(-4)]
    found, _ = await polled(web, [json(rows)])
    assert found.ids == ["1", "3"]
    assert [item.published_by for item in found.items] == ["source", "arrival"]
    assert found.anomalies == {"unreadable": 4, "undated": 1}


@pytest.mark.parametrize("seconds", [10**30, True, "soon", -1, 1])
async def test_a_time_that_is_none_is_that_of_the_arrival(web, seconds):
    found, _ = await polled(web, [json([article(1, datetime=str(seconds) if seconds == 10**30 else seconds)])])
    assert found.items[0].published_by == "arrival"


async def test_news_of_this_moment_are_not_recovered(web):
    found, _ = await polled(web, [json([article(1, datetime=int(time.time()))])])
    assert not found.items[0].recovered


async def test_a_missing_key_is_rejected_and_none_is_shown(web):
    with pytest.raises(KeyRejected, match="no Finnhub key"):
        FinnhubNews({}, web.address)
    source = FinnhubNews(CREDENTIALS, web.address)
    assert KEY not in f"{source!r} {vars(source)!r} {vars(source._rest)!r}"
    await source.close()
