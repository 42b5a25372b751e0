"""The sources with keys over REST: pages by update, numbers to go on from, and how often they may be asked."""

import base64
import datetime
import time

import pytest

from simulator.news.rest import finnhub
from tests.simulator.news.conftest import Reader


def tell(reader: Reader, count: int, source: str = "alpaca", symbol: str = "AAPL") -> list[int]:
    found = []
    for place in range(count):
        found += reader.venue.news_story(symbol, f"Number {place}", summary="s", kind="merger", sources=[source])
    return found


async def test_every_item_comes_once_over_the_pages_and_a_revision_comes_last(reader: Reader):
    numbers = tell(reader, 23)
    reader.venue.news.revise(
        reader.venue.news.shelf.of("alpaca")[0], reader.venue.news.wall_ms() + 10, headline="Edited"
    )
    seen, token = [], None
    while True:
        page = await reader.page(limit=10, sort="asc", **({"page_token": token} if token else {}))
        seen += [(item["id"], item["headline"]) for item in page["news"]]
        token = page["next_page_token"]
        if token is None:
            break
        at, _, number = base64.b64decode(token).decode().partition("|")
        assert int(number) == seen[-1][0]
        assert abs(int(at) / 1e9 - time.time()) < 60
    assert sorted(number for number, _ in seen) == numbers
    assert seen[-1] == (numbers[0], "Edited")
    newest = await reader.page(limit=1)
    assert newest["news"][0]["id"] == numbers[0], "sorted by update, the latest first"


async def test_a_page_is_of_symbols_and_times_and_has_content_only_if_asked(reader: Reader):
    tell(reader, 1)
    tell(reader, 1, symbol="BRK/B")
    (item,) = (await reader.page(symbols="BRK.B,MSFT"))["news"]
    assert set(item) == {
        "id", "headline", "author", "created_at", "updated_at", "summary", "content", "url", "images", "symbols",
        "source",
    }  # fmt: skip
    assert (item["symbols"], item["content"]) == (["BRK.B"], "")
    (full,) = (await reader.page(symbols="BRK.B", include_content="true", start=item["updated_at"]))["news"]
    assert full["content"].startswith("<p>")
    assert (await reader.page(start="2099-01-01"))["news"] == []
    assert (await reader.page(end="2020-01-01T00:00:00Z")) == {"news": [], "next_page_token": None}


async def test_wrong_keys_and_queries_are_refused(reader: Reader):
    url = reader.told["rest"] + "/v1beta1/news"
    assert (await reader.http.get(url)).status_code == 401
    assert (await reader.http.get(url, headers=reader.keys | {"APCA-API-SECRET-KEY": "x"})).status_code == 403
    for query in ({"limit": 51}, {"limit": 0}, {"sort": "up"}, {"start": "soon"}, {"page_token": "?"}):
        assert (await reader.http.get(url, headers=reader.keys, params=query)).status_code == 400, query


async def test_alpaca_says_how_often_it_may_be_asked_and_refuses_the_rest(reader: Reader):
    url = reader.told["rest"] + "/v1beta1/news"
    reader.venue.news_fault("quota", path="/v1beta1/news", size=1)
    answers = [await reader.http.get(url, headers=reader.keys) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 429]
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["0", "0"]
    assert answers[0].headers["x-ratelimit-limit"] == "200"


async def test_finnhub_lists_what_is_above_a_number_with_the_documented_fields(reader: Reader):
    numbers = tell(reader, 3, "finnhub")
    told = await reader.finnhub(minId=numbers[0])
    assert [item["id"] for item in told] == [numbers[2], numbers[1]]
    assert set(told[0]) == {
        "category", "datetime", "headline", "id", "image", "related", "source", "summary", "url",
    }  # fmt: skip
    assert abs(told[0]["datetime"] - time.time()) < 60, "in seconds"
    assert {item["related"] for item in told} <= {"AAPL", ""}
    assert len(await reader.finnhub(category="merger")) == 3
    assert await reader.finnhub(category="crypto") == []


async def test_finnhub_lists_a_companys_news_of_some_days(reader: Reader):
    tell(reader, 9, "finnhub")
    number = next(item.id for item in reader.venue.news.shelf.of("finnhub") if item.symbols)
    today = datetime.datetime.now(datetime.UTC).date()
    days = {"from": str(today - datetime.timedelta(days=1)), "to": str(today)}
    assert number in [item["id"] for item in await reader.finnhub("/company-news", symbol="AAPL", **days)]
    assert await reader.finnhub("/company-news", symbol="MSFT", **days) == []
    past = {"from": "2020-01-01", "to": "2020-01-02"}
    assert await reader.finnhub("/company-news", symbol="AAPL", **past) == []


async def test_finnhub_tells_old_items_again_now_and_then(reader: Reader):
    numbers = tell(reader, 5, "finnhub")
    counts = [len(await reader.finnhub(minId=numbers[-1])) for _ in range(2 * finnhub.REPLAYS_EVERY)]
    assert counts == ([0] * (finnhub.REPLAYS_EVERY - 1) + [finnhub.REPLAYED]) * 2


@pytest.mark.parametrize("how", ["none", "wrong", "header"])
async def test_finnhub_wants_a_token(reader: Reader, how: str):
    url, headers = reader.told["finnhub"]["rest"] + "/news?category=general", {}
    if how == "header":
        headers = {"X-Finnhub-Token": reader.grant["token"]}
    elif how == "wrong":
        url += "&token=nobody"
    answer = await reader.http.get(url, headers=headers)
    assert answer.status_code == (200 if how == "header" else 401)
    assert how == "header" or "error" in answer.json()


async def test_finnhub_is_asked_sixty_times_a_minute_and_thirty_times_a_second_at_most(reader: Reader):
    bucket = reader.venue.news.readers.known[reader.grant["key_id"]]
    at = reader.venue.news.wall_ms()
    reader.venue.news.wall_ms = lambda: at
    bucket.burst.second, bucket.burst.used = at // 1000, 30
    url = reader.told["finnhub"]["rest"] + f"/news?category=general&token={reader.grant['token']}"
    assert (await reader.http.get(url)).status_code == 429, "too many in a second"
    reader.venue.news_fault("quota", path="/api/v1", size=0)
    bucket.burst.used = 0
    refused = await reader.http.get(url)
    assert (refused.status_code, refused.headers["x-ratelimit-limit"]) == (429, "60")
