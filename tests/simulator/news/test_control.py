"""The loopback file says where the sources are, as the catalogue of brokers reads it, and the news is on if asked."""

import asyncio
import pathlib

import msgspec

from brokers import catalogue
from simulator.news.story import FEEDS
from simulator.server import running
from tests.simulator.conftest import plain_http
from tests.simulator.news.conftest import Reader


async def test_the_line_tells_where_everything_is_and_which_keys_open_it(reader: Reader, tmp_path: pathlib.Path):
    (tmp_path / catalogue.LOOPBACK_FILE).write_bytes(msgspec.json.encode(reader.venue.line))
    found = catalogue.endpoints("news", "simulated", tmp_path)
    assert found.rest == reader.venue.rest
    assert reader.told["alpaca"]["socket"] == reader.venue.rest.replace("http", "ws") + "/v1beta1/news"
    assert reader.told["finnhub"] == {"rest": reader.venue.rest + "/api/v1"}
    shown = {feed["address"].removeprefix(f"{reader.venue.rest}/feeds/") for feed in reader.told["feeds"]}
    assert shown < {*FEEDS}
    alpaca = reader.venue.line["alpaca"]["grants"]
    assert [(each["key_id"], each["secret_key"]) for each in reader.told["grants"]] == [
        (each["key_id"], each["secret_key"]) for each in alpaca
    ]
    assert len({each["token"] for each in reader.told["grants"]}) == 3


async def test_a_person_who_is_added_at_alpaca_reads_news_too(reader: Reader):
    reader.venue.add_alpaca_person(key_id="K9", secret_key="S9", number="PA0000000009")
    reader.told = reader.venue.line["news"]
    await Reader(reader.venue, reader.http, person=3).page()


async def test_with_news_the_socket_tells_stories_by_itself_and_a_fast_market_many():
    async with (
        running(news=True, speed=60.0) as venue,
        plain_http(venue) as http,
        asyncio.timeout(10),
        Reader(venue, http).socket("*") as socket,
    ):
        items = [await socket.item() for _ in range(5)]
    assert all(item["headline"] and item["symbols"] for item in items)
    assert len({item["id"] for item in items}) >= 4
