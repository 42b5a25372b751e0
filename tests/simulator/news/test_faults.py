"""What can go wrong at the news sources does, for whom and as often as it was told, until it is cleared."""

import asyncio
import re
import time
import zlib

import feedparser
import httpx2
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from simulator.faults.actions import BadFault
from simulator.news import http
from simulator.news.faults import catalogue
from simulator.news.hostile import ENTITIES, TARGETS
from simulator.news.markup import SPOILS
from simulator.news.venue import now
from tests.simulator.news.conftest import CONTACT, Reader

CNBC = "/feeds/cnbc"


def tell(reader: Reader, headline: str = "A headline", source: str = "cnbc") -> int:
    (number,) = reader.venue.news_story("AAPL", headline, summary="More", sources=[source])
    return number


@pytest.mark.parametrize(
    ("mode", "status"),
    [("401", 401), ("403", 403), ("429", 429), ("500", 500), ("502", 502), ("503", 503), ("empty", 200)],
)
async def test_answers_are_spoiled_by_path_as_often_as_told(reader: Reader, mode: str, status: int):
    tell(reader)
    reader.venue.news_fault("rest", mode=mode, path=CNBC, times=1)
    assert (await reader.fetch("fed")).status_code == 200, "another path"
    spoilt = await reader.fetch("cnbc")
    assert spoilt.status_code == status
    assert spoilt.headers.get("retry-after") == ("30" if mode == "429" else None)
    assert len((await reader.feed("cnbc")).entries) == 1


async def test_a_feed_is_a_page_or_garbage_or_breaks_off_in_its_middle(reader: Reader):
    tell(reader)
    whole = (await reader.fetch("cnbc")).content
    found = {}
    for mode in ("html200", "garbage", "truncated"):
        reader.venue.news_fault("rest", mode=mode, path=CNBC, times=1)
        found[mode] = (await reader.fetch("cnbc")).content
    assert found["html200"].startswith(b"<html>")
    assert bytes(range(256)) in found["garbage"]
    assert found["truncated"] == whole[: len(whole) // 2]
    assert feedparser.parse(found["truncated"]).bozo


async def test_a_connection_is_cut_or_left_without_an_answer(reader: Reader):
    reader.venue.news_fault("rest", mode="cut", path=CNBC, times=1)
    with pytest.raises(httpx2.TransportError):
        await reader.fetch("cnbc")
    reader.venue.news_fault("rest", mode="timeout", path=CNBC, times=1)
    with pytest.raises(httpx2.TimeoutException):
        await reader.http.get(f"{reader.told['rest']}/feeds/cnbc", timeout=0.1)


@pytest.mark.parametrize("mode", ["", "gzip"])
async def test_a_flood_goes_on_for_as_long_as_it_was_told_and_a_packed_one_is_small_on_the_way(
    reader: Reader, mode: str
):
    reader.venue.news_fault("flood", path="/feeds/", mode=mode, size=3_000_000, times=1)
    url, received = f"{reader.told['rest']}/feeds/cnbc", b""
    async with reader.http.stream("GET", url) as answer:
        assert "content-length" not in answer.headers
        async for chunk in answer.aiter_raw():
            received += chunk
    unpacked = zlib.decompress(received, 31) if mode else received
    assert len(unpacked) >= 2_900_000
    assert unpacked.startswith(b"<?xml")
    assert len(received) < 10_000 or not mode


async def test_who_leaves_a_flood_of_a_hundred_megabytes_is_sent_no_more(reader: Reader):
    reader.venue.news_fault("flood", path="/feeds/", times=1)
    async with reader.http.stream("GET", f"{reader.told['rest']}/feeds/cnbc") as answer:
        async for _ in answer.aiter_raw():
            break
    assert (await reader.fetch("cnbc")).status_code == 200


@pytest.mark.parametrize("mode", ENTITIES)
async def test_entities_are_in_the_feed_and_are_left_to_its_reader(reader: Reader, mode: str):
    reader.venue.news_fault("entities", path=CNBC, mode=mode, times=1)
    text = (await reader.fetch("cnbc")).text
    assert "<!ENTITY" in text
    assert len(text) < 100_000


@pytest.mark.parametrize("mode", [*TARGETS, "loop"])
async def test_redirects_lead_inside_or_in_a_circle(reader: Reader, mode: str):
    reader.venue.news_fault("redirect", path=CNBC, mode=mode)
    answer = await reader.fetch("cnbc")
    assert (answer.status_code, answer.headers["location"]) == (302, CNBC if mode == "loop" else TARGETS[mode])
    assert reader.venue.news_fault("clear", mode="redirect") == 1
    assert (await reader.fetch("cnbc")).status_code == 200


async def test_a_redirect_leads_where_it_is_told(reader: Reader):
    reader.venue.news_fault("redirect", path=CNBC, text="http://192.168.0.1/", times=1)
    assert (await reader.fetch("cnbc")).headers["location"] == "http://192.168.0.1/"


async def test_a_slow_answer_comes_byte_by_byte(reader: Reader):
    tell(reader)
    reader.venue.news_fault("loris", path=CNBC, delay=0.01, times=1)
    chunks, begun = [], time.monotonic()
    async with reader.http.stream("GET", f"{reader.told['rest']}/feeds/cnbc") as answer:
        async for chunk in answer.aiter_raw():
            chunks.append(chunk)
            if len(chunks) == 5:
                break
    assert b"".join(chunks) == b"<?xml"
    assert time.monotonic() - begun > 0.03


@pytest.mark.parametrize(
    ("mode", "form"),
    [
        ("BST", r"\d\d:\d\d:\d\d BST$"),
        ("EST", r"\d\d:\d\d:\d\d EST$"),
        ("none", r"^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d$"),
        ("iso", r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$"),
        ("date", r"^\w{3}, \d\d \w{3} \d{4}$"),
    ],
)
async def test_dates_are_written_in_wrong_zones(reader: Reader, mode: str, form: str):
    tell(reader)
    reader.venue.news_fault("zone", path=CNBC, mode=mode, seconds=60)
    text = re.findall(r"<pubDate>(.*?)</pubDate>", (await reader.fetch("cnbc")).text)[0]
    assert re.search(form, text)


async def test_the_next_item_is_late_or_undated_or_comes_twice(reader: Reader):
    fault, news = reader.venue.news_fault, reader.venue.news
    fault("late_item", path=CNBC, delay=3600)
    item = news.shelf.item(tell(reader, "late"))
    assert item is not None
    assert 3_590_000 < news.wall_ms() - item.created_at < 3_610_000
    fault("undated", path=CNBC)
    tell(reader, "undated")
    fault("duplicate", path=CNBC)
    tell(reader, "twice")
    entries = (await reader.feed("cnbc")).entries
    assert [entry.title for entry in entries] == ["twice", "twice", "undated", "late"]
    assert [("published" in entry) for entry in entries] == [True, True, False, True]
    assert len({entry.id for entry in entries}) == 4


@pytest.mark.parametrize("mode", SPOILS)
@pytest.mark.parametrize("source", ["cnbc", "marketwatch", "globenewswire", "fed"])
async def test_markup_comes_as_it_is_and_the_feed_stays_well_formed(reader: Reader, mode: str, source: str):
    reader.venue.news_fault("markup", mode=mode)
    number = tell(reader, "Headline", source)
    read = await reader.feed(source)
    item = reader.venue.news.shelf.item(number)
    assert item is not None
    assert item.headline == f"Headline {SPOILS[mode]}"
    assert len(read.entries) == 1
    assert (read.entries[0].link == "javascript:alert(1)") == (mode == "link")


async def test_a_dropped_socket_misses_what_happens_and_rest_has_all_of_it(reader: Reader):
    numbers = [tell(reader, f"Before {place}", "alpaca") for place in range(20)]
    async with reader.socket("*") as socket:
        assert reader.venue.news_fault("drop", size=50, mode="reset") == 1
        with pytest.raises(ConnectionClosed):
            await socket.hear()
    page = await reader.page(limit=50, sort="desc")
    rest = await reader.page(limit=50, sort="desc", page_token=page["next_page_token"])
    told = page["news"] + rest["news"]
    assert len(told) == 70
    revised = [item["id"] for item in told if item["headline"].startswith("UPDATE 1-Before")]
    assert sorted(revised) == numbers[-10:]
    async with reader.socket("*"):
        pass  # the keys are free again


async def test_a_drop_has_the_code_it_was_told(reader: Reader):
    async with reader.socket("*") as socket:
        reader.venue.news_fault("drop", code=1011)
        with pytest.raises(ConnectionClosed) as closed:
            await socket.hear()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1011


async def test_a_mute_socket_answers_pings_and_tells_nothing_until_it_is_cleared(reader: Reader):
    async with reader.socket("*") as socket:
        reader.venue.news_fault("mute")
        tell(reader, "unheard", "alpaca")
        await (await socket.carrier.ping())
        reader.venue.news_fault("clear")
        tell(reader, "heard", "alpaca")
        assert (await socket.item())["headline"] == "heard"


async def test_a_socket_that_hangs_answers_no_ping(reader: Reader):
    async with reader.socket("*", close_timeout=0.1) as socket:
        reader.venue.news_fault("half_open")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await (await socket.carrier.ping())


async def test_garbage_errors_and_replays_come_over_the_socket(reader: Reader):
    numbers = [tell(reader, f"Number {place}", "alpaca") for place in range(3)]
    async with reader.socket("*") as socket:
        reader.venue.news_fault("garbage")
        assert await socket.carrier.recv() == "<<< not json >>>"
        assert reader.venue.news_fault("replay", size=2) == 2
        assert [(await socket.item())["id"] for _ in range(2)] == numbers[1:]
        reader.venue.news_fault("error", code=407)
        assert (await socket.hear())[0]["msg"] == "slow client"
        with pytest.raises(ConnectionClosed):
            await socket.hear()


async def test_handshakes_are_refused(reader: Reader):
    for mode, status in (("", 429), ("502", 502)):
        reader.venue.news_fault("refuse_upgrade", mode=mode, times=1)
        with pytest.raises(InvalidStatus) as refused:
            async with reader.socket("*"):
                pass
        assert refused.value.response.status_code == status


async def test_revoked_keys_open_nothing_until_they_are_restored(reader: Reader):
    async with reader.socket("*") as socket:
        assert reader.venue.news_fault("revoke", account=reader.grant["key_id"]) == 1
        with pytest.raises(ConnectionClosed):
            await socket.hear()
    url, token = reader.told["finnhub"]["rest"] + "/news?category=general", reader.grant["token"]
    assert (await reader.http.get(url, headers={"X-Finnhub-Token": token})).status_code == 401
    await Reader(reader.venue, reader.http, person=1).page()
    assert reader.venue.news_fault("restore") == 1
    await reader.page()


def test_what_a_fault_has_no_use_for_is_refused(reader: Reader):
    for name, wrong in (
        ("explode", {}),
        ("zone", {"mode": "CET"}),
        ("rest", {"account": "5WX00001"}),
        ("drop", {"code": 7}),
        ("error", {"code": 42}),
        ("mute", {"text": "x"}),
    ):
        with pytest.raises(BadFault):
            reader.venue.news_fault(name, **wrong)


async def test_the_door_tells_stories_lets_many_happen_and_turns_the_news_on(reader: Reader):
    door = reader.told["rest"] + "/_sim/news/"
    story = {"symbol": "AAPL", "headline": "Told", "kind": "earnings", "direction": 1, "size": 0.05}
    told = await reader.http.post(door + "story", json=story | {"sources": ["alpaca", "cnbc"]})
    assert len(told.json()["items"]) == 2
    assert [each.size for each in reader.venue.news.market._impulses] == [0.05]
    assert (await reader.http.post(door + "story", json=story)).json() == {"items": []}
    assert reader.venue.news.errands, "each source in its own time"
    assert (await reader.http.post(door + "story", json=story | {"symbol": "NOPE"})).status_code == 400
    happened = await reader.http.post(door + "happen", json={"stories": 3, "revisions": 1})
    assert len(happened.json()["items"]) == 4
    assert (await reader.http.post(door + "fault", json={"fault": "explode"})).status_code == 400
    assert not reader.venue.news.is_steady, "off unless it was asked for"
    await reader.http.post(door + "steady", json={"on": True})
    stats = (await reader.http.get(door + "stats")).json()
    assert (stats["is_steady"], stats["items"]["alpaca"]) == (True, 4)
    assert (await reader.http.get(door + "faults")).json()["faults"].keys() == catalogue.ACTS.keys()
    items = (await reader.http.get(door + "items")).json()["items"]
    assert {item["source"] for item in items} == {"alpaca", "cnbc"}


async def test_a_chaos_ends_by_itself_and_everything_is_as_before(reader: Reader):
    tell(reader)
    begun = now()
    assert reader.venue.news_fault("chaos", size=40, seconds=5, seed=3) == 40
    news = reader.venue.news
    for _, _, act in sorted(news.agenda, key=lambda each: each[0]):
        act()
    news.agenda.clear()
    assert begun <= now()
    reader.venue.news_fault("clear")
    assert (await reader.fetch("cnbc")).status_code == 200
    async with reader.socket("*"):
        pass


def test_every_way_of_spoiling_an_answer_is_known():
    assert http.ANSWERS.keys() >= {"429", "500", "html200", "garbage", "truncated", "slow", "timeout", "cut"}
    assert "@" in CONTACT["User-Agent"]
