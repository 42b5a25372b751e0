"""What a person's own source brings is theirs alone, on every transport; the desk's is everybody's."""

import asyncio
import contextlib
import json
import re
import typing

import websockets

from accounts.auth.access import Access
from accounts.models import User
from assistant.call import call_tool
from assistant.contract.caller import ToolCaller
from assistant.contract.progress import ignore_progress
from assistant.tools.news_batches import NewsBatches
from market.models import Watchlist
from news.models import NewsLink
from news.owner import personal
from news.owner.desk import DeskNews
from news.owner.personal import PersonalNews
from news.owner.runner import SourceSpec
from news.status import NewsStatus
from streaming import runtime
from streaming.models import Ownership
from streaming.sockets.socket import Socket
from streaming.wire.subscription import Subscription
from tests.news.stream.test_transports import WATCH, Desk
from tests.support import corridor, databases
from tests.support.cluster_in_one_loop import BRISK, Station
from tests.support.corridor import Info, MemoryLinks, Reader
from tests.support.eventually import aeventually
from tests.support.live_server import POLL, SSE
from tests.support.news import TalkingSource, item

NEWS = Subscription(topics=frozenset({"news"}))
CANARY = "Canary-4711 of alice"


@contextlib.asynccontextmanager
async def two_people(valkey, settings, monkeypatch):
    """Alice (1) with a source of her own, bob (2) with none, and the desk's source."""
    settings.STREAM_SERVICES = []
    settings.STREAM_EXTENSIONS = ["news.owner.personal.PersonalNews"]
    hers, desks = TalkingSource("hers"), TalkingSource("wire")
    mine = hers.spec._replace(owner="me")
    monkeypatch.setattr(personal, "own_specs", lambda person: [mine] if person == 1 else [])
    async with Station(valkey, MemoryLinks(p1=[Info()], p2=[Info()])) as station:
        station.services.start(DeskNews(station, lambda: [desks.spec]).run(), "news")
        yield station, hers, desks


def reader(station: Station, person: int) -> Reader:
    found = Reader(typing.cast(typing.Any, station), person, NEWS)
    found.socket = Socket(Access(person, "s", "hash"))
    return found.join()


async def test_an_own_item_reaches_its_person_alone(valkey, settings, monkeypatch):
    async with two_people(valkey, settings, monkeypatch) as (station, hers, desks):
        alice, bob = reader(station, 1), reader(station, 2)
        await hers.deliver(item(1, CANARY))
        await desks.deliver(item(1), item(2))
        await alice.until(lambda r: sum(len(m["articles"]) for m in r.of("news")) == 3)
        await bob.until(lambda r: sum(len(m["articles"]) for m in r.of("news")) == 2)
        assert {one["id"] for m in alice.of("news") for one in m["articles"]} == {"p1", "d1", "d2"}
        assert "d2.p1" in "".join(alice.texts)
        assert "Canary" not in "".join(bob.texts)
        assert "hers" not in "".join(bob.texts)
        assert '"p1"' not in "".join(bob.texts)


async def test_no_transport_tells_it_to_somebody_else(valkey, settings, monkeypatch, caplog):
    caplog.set_level("DEBUG")
    async with two_people(valkey, settings, monkeypatch) as (station, hers, desks):
        alice = reader(station, 1)
        await hers.deliver(item(1, CANARY))
        await desks.deliver(item(1))
        await alice.until(lambda r: CANARY in "".join(r.texts))
        async with Desk(typing.cast(typing.Any, station)) as served:
            for person, sees in (("1", True), ("2", False)):
                told = await everything(served, {"X-Person": person})
                assert {way: (CANARY in text, "hers" in text) for way, text in told.items()} == {
                    way: (sees and way not in NAMELESS,) * 2 for way in told
                }
                assert '"p1"' not in "".join(told.values()) or sees
                assert ".p1" not in "".join(told.values()) or sees, "not even where her list stands"
            for mine in (NewsStatus().report(), NewsStatus().read()):
                assert not re.search("Canary|hers", str(mine)), "counts name nobody"
            table = await NewsStatus().table(station.ledger, 2, 0)
            assert "hers" not in str(table)
    assert "Canary" not in caplog.text


async def test_no_program_of_somebody_else_is_told_of_it(valkey, settings, monkeypatch):
    async with two_people(valkey, settings, monkeypatch) as (station, hers, desks):
        monkeypatch.setitem(runtime._runtimes, asyncio.get_running_loop(), station)
        alice = reader(station, 1)
        await hers.deliver(item(1, CANARY))
        await alice.until(lambda r: CANARY in "".join(r.texts))
        batches = {person: NewsBatches(person, "NVDA") for person in (1, 2)}
        assert {person: CANARY in str(await one.read()) for person, one in batches.items()} == {1: True, 2: False}
        await hers.deliver(item(2, f"{CANARY} again"))
        await desks.deliver(item(3, "The Fed decides"))
        await alice.until(lambda r: "The Fed decides" in "".join(r.texts) and "again" in "".join(r.texts))
        told = {person: str(await one.read()) for person, one in batches.items()}
        assert {person: (CANARY in text, "The Fed decides" in text) for person, text in told.items()} == {
            1: (True, True), 2: (False, True),
        }  # fmt: skip
        for person in (1, 2):
            caller = ToolCaller(Access(person, token="7"), frozenset({"read"}))
            found = await call_tool(caller, "get_news", {"limit": 50}, ignore_progress)
            assert not found.is_error
            assert (CANARY in str(found.value), "hers" in str(found.value)) == (person == 1, person == 1)


async def test_a_story_of_both_lists_is_one_for_its_person_alone(valkey, settings, monkeypatch):
    """Hers came first, then the desk's: her item comes again, of the desk's story. Nobody else hears of it."""
    told = "Acme raises its outlook for the year and buys back shares"
    async with two_people(valkey, settings, monkeypatch) as (station, hers, desks):
        alice, bob = reader(station, 1), reader(station, 2)
        await hers.deliver(item("canary-1", told))
        await alice.until(lambda r: stories_told(r).get("p1") == "p1")
        await desks.deliver(item(1, f"UPDATE 1-{told}"), item(2))
        await alice.until(lambda r: stories_told(r) == {"d1": "d1", "d2": "d2", "p1": "d1"})
        await hers.deliver(item("canary-2", f"{told} - Reuters"))
        await alice.until(lambda r: stories_told(r).get("p2") == "d1")
        await bob.until(lambda r: "d2" in stories_told(r))
        assert stories_told(bob) == {"d1": "d1", "d2": "d2"}
        async with Desk(typing.cast(typing.Any, station)) as served:
            for person, count in (("1", 3), ("2", 1)):
                answer = await served.client.get("/news/headlines", headers={"X-Person": person})
                assert [one["story"] for one in answer.json()["articles"]].count("d1") == count
            his = "".join((await everything(served, {"X-Person": "2"})).values())
        for text in (his, "".join(bob.texts)):
            assert [word for word in ("canary-", '"hers"', '"p1"', '"p2"') if word in text] == []


async def test_mine_is_what_the_person_who_asks_holds_or_watches(valkey, settings, monkeypatch):
    def watch() -> None:
        Watchlist.objects.create(person_id=1, name="Hers", symbols=["NVDA"])
        Watchlist.objects.create(person_id=2, name="His", symbols=["F"])

    assert corridor.database is not None
    databases.inside(corridor.database, watch)
    async with two_people(valkey, settings, monkeypatch) as (station, _, desks):
        await desks.deliver(
            *(item(n, f"{name} opens a plant", symbols=(name,)) for n, name in enumerate(("NVDA", "F")))
        )
        async with Desk(typing.cast(typing.Any, station)) as served:
            get = served.client.get
            asked = [get("/news/headlines", params={"mine": "1"}, headers={"X-Person": person}) for person in "12"]
            found = [answer.json()["articles"] for answer in await asyncio.gather(*asked)]
            told = [[(one["symbols"], one["relevance"]) for one in articles] for articles in found]
            assert told == [[(["NVDA"], "watched")], [(["F"], "watched")]]
            refused = await served.client.get("/news/headlines", params={"mine": "maybe"})
            assert (refused.status_code, refused.json()["field"]) == (400, "mine")


def stories_told(reader: Reader) -> dict[str, str]:
    """The story of each item, as its newest version was told."""
    return {one["id"]: one["story"] for message in reader.of("news") for one in message["articles"]}


NAMELESS = ("finnhub", "health")
"""What has no headline of hers: her source is no Finnhub, and health is for anybody."""


async def everything(served: Desk, headers: dict[str, str]) -> dict[str, str]:
    """All that a person is told of news, by the way it is told."""
    ask = served.client.get
    told = {
        "headlines": (await ask("/news/headlines", headers=headers)).text,
        "search": (await ask("/news/headlines", params={"q": "canary"}, headers=headers)).text,
        "symbol": (await ask("/news/headlines", params={"symbol": "NVDA"}, headers=headers)).text,
        "finnhub": (await ask("/api/news", headers=headers)).text,
        "health": (await ask("/api/core/health", headers=headers)).text,
        "poll": await polled(served, headers),
        "sse": "",
    }
    async with served.client.stream("GET", SSE, params={"watch": WATCH}, headers=headers) as answer:
        async for line in answer.aiter_lines():
            told["sse"] += line
            if line.startswith("data: ") and json.loads(line[6:])["type"] == "news":
                break
    for way, path, protocols in SOCKETS:
        told[way] = await heard(f"ws://127.0.0.1:{served.port}{path}", protocols, headers)
    return told


async def polled(served: Desk, headers: dict[str, str]) -> str:
    """What polls tell until they told the desk's own item."""
    told, params = "", {"watch": WATCH, "wait_s": "2"}
    async with asyncio.timeout(20):
        while '"d1"' not in told:
            answer = await served.client.get(POLL, params=params, headers=headers)
            told, params["cursor"] = told + answer.text, answer.json()["cursor"]
    return told


SOCKETS = (
    ("plain", "/ws/news", None),
    ("frames of news", "/ws/news", [websockets.Subprotocol("tapedeck.v1")]),
    ("frames", "/ws/streaming/", [websockets.Subprotocol("tapedeck.v1")]),
)


async def heard(url: str, protocols: list[websockets.Subprotocol] | None, headers: dict[str, str]) -> str:
    """What a socket tells until it told the desk's own item, which comes after alice's."""
    told = ""
    async with websockets.connect(url, subprotocols=protocols, additional_headers=headers, proxy=None) as socket:
        if protocols:
            await socket.send(json.dumps({"type": "hello", "watch": json.loads(WATCH)}))
        async with asyncio.timeout(20):
            while '"d1"' not in told:
                told += typing.cast(str, await socket.recv())
    return told


def test_the_extension_sees_no_prices():
    assert PersonalNews.sees == frozenset()


async def test_a_source_that_is_linked_runs_at_once_and_nobody_asked_until_then(valkey, settings, monkeypatch):
    """Who has no source of their own costs no query but the first."""
    settings.STREAM_SERVICES = []
    settings.STREAM_EXTENSIONS = ["news.owner.personal.PersonalNews"]
    source = TalkingSource("hers")
    linked: list[SourceSpec] = []
    looks: list[int] = []

    def own_specs(person):
        looks.append(person)
        return [*linked]

    monkeypatch.setattr(personal, "own_specs", own_specs)
    async with Station(valkey, MemoryLinks(p1=[Info()])) as station:
        alice = reader(station, 1)
        await aeventually(lambda: looks)
        await asyncio.sleep(10 * BRISK.beacon_s)
        assert len(looks) <= 2, "once when the streams begin, and once when their links are known"
        linked.append(source.spec._replace(owner="me"))
        station.host.links_changed(1)
        await source.deliver(item(1, CANARY))
        await alice.until(lambda r: CANARY in "".join(r.texts))


def test_a_person_whose_source_is_linked_or_removed_is_told_of(db, settings):
    person = User.objects.create_user("ada@example.com", "a long enough one")
    Ownership.objects.create(person=person, epoch=1)
    row = NewsLink.objects.create(person=person, kind="feed", name="Mine")
    NewsLink.objects.create(person=None, kind="feed", name="The desk's")
    assert Ownership.objects.get(person=person).links == 1
    row.delete()
    assert Ownership.objects.get(person=person).links == 2
