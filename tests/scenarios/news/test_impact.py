"""What a story moves is measured by its reader's own prices, told to them, and to nobody else."""

import contextlib
import datetime
import typing

import pytest

from accounts.auth.access import Access
from brokers.contract.broker import Capabilities, Demand
from brokers.contract.events import Candle, Profile, Quote
from lib import clock
from news.impact import meter
from news.models import NewsImpact, NewsMove
from news.owner import impact, impact_history
from news.owner.counts import counts
from news.owner.desk import DeskNews
from news.owner.impact import NewsImpacts
from news.sources.contract import SourceUnusable
from news.store.reader import Search, search
from news.store.writer import forget_source
from streaming.sockets.socket import Socket
from streaming.wire.subscription import Subscription
from tests.news.stream.test_transports import Desk
from tests.scenarios.news.test_whose_news import everything
from tests.support.cluster_in_one_loop import Station
from tests.support.corridor import Info, MemoryLinks, Reader, TalkingBroker
from tests.support.eventually import aeventually
from tests.support.news import TalkingSource, item

NEWS = Subscription(topics=frozenset({"news"}))
LINKS = Subscription(topics=frozenset({"links"}))
BOTH = Subscription(topics=frozenset({"links", "news"}))
"""It shows the same of a board as LINKS, so that both have one key."""
MINUTE = 60_000


class Clock:
    """The clock of what measures, which a test puts forward."""

    def __init__(self) -> None:
        self.ahead_ms = 0

    def __call__(self) -> int:
        return clock.now_ms() + self.ahead_ms


class PastBroker(TalkingBroker):
    """A broker that tells the same close for every minute."""

    capabilities = Capabilities(quotes=True, accounts=True, candles=True)
    closes: typing.ClassVar[dict[str, float]] = {}

    async def candles(self, series, start):
        first = int(start.timestamp()) // 60 * MINUTE
        return [
            Candle(symbol=series.symbol, interval="1m", time=first + number * MINUTE, close=self.closes[series.symbol])
            for number in range(60)
            if series.symbol in self.closes
        ]


class Links(MemoryLinks):
    make = PastBroker


@pytest.fixture
def time(settings, monkeypatch) -> Clock:
    settings.STREAM_SERVICES = []
    settings.STREAM_EXTENSIONS = ["news.owner.impact.NewsImpacts"]
    found = Clock()
    monkeypatch.setattr(impact, "now_ms", found)
    monkeypatch.setattr(impact_history, "now_ms", found)
    monkeypatch.setattr(meter, "LOOK_MS", 20)
    monkeypatch.setattr(impact, "LONGEST_S", 0.02)
    monkeypatch.setattr(PastBroker, "closes", {})
    return found


def reader(station: Station, person: int, view: Subscription = NEWS) -> Reader:
    found = Reader(typing.cast(typing.Any, station), person, view)
    found.socket = Socket(Access(person, "s", "hash"))
    return found.join()


def extension_of(station: Station, person: int) -> NewsImpacts:
    (found,) = station.host.people[person].manager._companions._all
    assert isinstance(found, NewsImpacts)
    return found


def price(symbol: str, mid: float) -> Quote:
    return Quote(symbol=symbol, bid=mid - 0.01, ask=mid + 0.01, at=clock.now_ms())


def newest(page: Reader, id_: str = "d1") -> dict[str, typing.Any]:
    """The item as a page has it: its highest version."""
    found = [one for message in page.of("news") for one in message["articles"] if one["id"] == id_]
    return max(found, key=lambda one: one["version"], default={"impact": None})


def moves(page: Reader, id_: str = "d1") -> list[dict[str, typing.Any]]:
    found: list[dict[str, typing.Any]] = (newest(page, id_)["impact"] or {"moves": []})["moves"]
    return found


def now(number: int, headline: str = "", **fields: typing.Any):
    """An item that comes at this moment."""
    return item(number, headline, received_at=datetime.datetime.now(datetime.UTC), **fields)


class Two(typing.NamedTuple):
    """Alice, whose prices move, and bob, both with news on their pages."""

    station: Station
    wire: TalkingSource
    broker: TalkingBroker
    alice: Reader
    bob: Reader

    async def tell(self, *events: typing.Any) -> None:
        """Have alice's broker say something, once it is asked for it."""
        await aeventually(lambda: {"NVDA", "SPY"} <= self.broker.watch.demand.quotes)
        self.broker.say(*events)


@contextlib.asynccontextmanager
async def two_people(valkey, links: MemoryLinks | None = None) -> typing.AsyncIterator[Two]:
    mine = Info()
    wire = TalkingSource("wire")
    async with Station(valkey, links or Links(p1=[mine], p2=[Info()])) as station:
        station.services.start(DeskNews(station, lambda: [wire.spec]).run(), "news")
        alice, bob = reader(station, 1), reader(station, 2)
        for page in (alice, bob):
            await page.until(lambda r: r.of("news"))
        broker = await station.links.live(mine if links is None else links.people[1][0])
        yield Two(station, wire, broker, alice, bob)


async def test_a_story_is_measured_for_each_reader_by_their_own_prices_alone(valkey, database, monkeypatch, time):
    monkeypatch.setattr(PastBroker, "closes", {"NVDA": 102.0})
    before = dict(counts.impacts)
    async with two_people(valkey) as two:
        alice, bob = two.alice, two.bob
        await two.wire.deliver(now(1))
        await two.tell(price("SPY", 500.0), Profile(symbol="NVDA", beta=1.5, at=clock.now_ms()), price("NVDA", 100.0))
        await alice.until(lambda r: newest(r)["impact"] and newest(r)["impact"]["before"])
        await aeventually(lambda: "d1" in extension_of(two.station, 2)._meter)
        assert counts.measuring == 2
        assert newest(alice)["impact"]["before"] == pytest.approx(-1.9803)
        two.broker.say(price("SPY", 502.0), price("NVDA", 101.0))
        await alice.until(lambda r: moves(r)[0]["move"] is not None)
        time.ahead_ms += 5 * MINUTE
        await alice.until(lambda r: moves(r)[0]["done"])
        first, second, _ = moves(alice)
        beta = 0.66 * 1.5 + 0.34
        assert newest(alice)["impact"]["beta"] == pytest.approx(beta)
        assert first["move"] == pytest.approx(0.99503 - beta * 0.39920, abs=1e-3)
        assert (second["done"], second["move"]) == (False, None)
        assert first["expected"] == {"low": None, "mid": None, "high": None, "n": 0}
        for minutes in (10, 45):
            time.ahead_ms += minutes * MINUTE
            await alice.until(lambda r: not [m for m in moves(r) if not m["done"] and m["ends_at"] < time()])
        assert newest(alice)["impact"]["state"] == "measured"
        await bob.until(lambda r: newest(r)["impact"])
        assert newest(bob)["impact"]["reason"] == "no_quote", "his own prices do not move"
        ended = {outcome: count - before.get(outcome, 0) for outcome, count in counts.impacts.items()}
        assert (ended["measured"], ended["no_quote"]) == (3, 3), "the windows of hers and of his"
        assert counts.measuring == 0
        async with Desk(typing.cast(typing.Any, two.station)) as served:
            hers, his = ["".join((await everything(served, {"X-Person": person})).values()) for person in ("1", "2")]
        for canary in (f'"since":{newest(alice)["impact"]["since"]}', f'"move":{first["move"]}'):
            assert canary in hers
            assert canary not in his + "".join(bob.texts)


async def test_who_shows_no_news_has_nothing_measured_and_sees_no_quote(valkey, time):
    mine = Info()
    wire = TalkingSource("wire")
    async with Station(valkey, MemoryLinks(p1=[mine])) as station:
        station.services.start(DeskNews(station, lambda: [wire.spec]).run(), "news")
        reader(station, 1, LINKS)
        broker = await station.links.live(mine)
        manager = station.host.people[1].manager
        extension = extension_of(station, 1)
        await wire.deliver(now(1))
        await aeventually(lambda: not extension._heard)
        assert len(extension._meter) == 0
        assert broker.watch.demand == Demand()
        assert Quote not in manager._companions._onlookers
        watching = reader(station, 1, BOTH)
        await watching.until(lambda r: r.of("news"))
        await wire.deliver(now(2, "Nvidia is sued over a patent of 2019"))
        await aeventually(lambda: "NVDA" in broker.watch.demand.quotes)
        assert Quote in manager._companions._onlookers
        broker.say(price("SPY", 500.0), price("NVDA", 100.0))
        await watching.until(lambda r: newest(r, "d2")["impact"])
        await aeventually(lambda: Quote not in manager._companions._onlookers)


async def test_who_has_no_market_data_has_nothing_measured(valkey, time):
    orders = Info(feeds=False)
    wire = TalkingSource("wire")
    async with Station(valkey, MemoryLinks(p1=[orders])) as station:
        station.services.start(DeskNews(station, lambda: [wire.spec]).run(), "news")
        page = reader(station, 1)
        broker = await station.links.live(orders)
        await page.until(lambda r: r.of("news"))
        await wire.deliver(now(1))
        await page.until(lambda r: newest(r).get("id"))
        extension = extension_of(station, 1)
        await aeventually(lambda: not extension._heard)
        assert len(extension._meter) == 0
        assert await station.ledger.read(NewsImpact.objects.count) == 0
        assert broker.watch.demand == Demand()


async def test_a_story_that_came_just_before_its_reader_is_measured_and_an_older_one_is_not(valkey, time):
    mine = Info()
    wire = TalkingSource("wire")
    old = datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=2)
    async with Station(valkey, MemoryLinks(p1=[mine])) as station:
        station.services.start(DeskNews(station, lambda: [wire.spec]).run(), "news")
        station.everybody = None  # or the layer told of them once more, when the reader is there
        await wire.deliver(item(1, "Tesla recalls 900 cars", received_at=old, symbols=("TSLA",)), now(2))
        page = reader(station, 1)
        broker = await station.links.live(mine)
        await aeventually(lambda: broker.watch.demand.quotes == {"NVDA", "SPY"})
        broker.say(price("SPY", 500.0), price("NVDA", 100.0))
        await page.until(lambda r: moves(r, "d2"))
        assert newest(page, "d1")["impact"] is None


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ([Profile(symbol="NVDA", status="halted", at=1)], "halted"),
        ([Quote(symbol="NVDA", bid=99.0, ask=101.0, at=2**50)], "spread"),
        ([Quote(symbol="NVDA", bid=99.99, ask=100.01, delayed=True, at=2**50)], "delayed"),
    ],
)
async def test_what_cannot_be_measured_is_void_and_says_why(valkey, time, said, reason):
    async with two_people(valkey) as two:
        await two.wire.deliver(now(1))
        await two.tell(price("SPY", 500.0), *said, Quote(symbol="NVDA", bid_size=3.0, at=2**50))
        await two.alice.until(lambda r: newest(r)["impact"])
        assert newest(two.alice)["impact"]["state"] == "void"
        assert newest(two.alice)["impact"]["reason"] == reason


async def test_a_second_story_of_a_symbol_is_marked_and_a_copy_is_not_measured(valkey, time):
    async with two_people(valkey) as two:
        await two.wire.deliver(now(1))
        await two.tell(price("SPY", 500.0), price("NVDA", 100.0))
        await two.alice.until(lambda r: moves(r))
        await two.wire.deliver(now(2, item(1).headline), now(3, "Nvidia is sued over a patent of 2019"))
        two.broker.say(price("NVDA", 100.5))
        await two.alice.until(lambda r: moves(r, "d3"))
        assert [one["confounded"] for one in moves(two.alice)] == [False, False, False]
        assert [one["confounded"] for one in moves(two.alice, "d3")] == [True, True, True]
        assert newest(two.alice, "d2")["story"] == "d1"
        assert newest(two.alice, "d2")["impact"] is None


async def test_a_revision_keeps_the_impact_of_its_item(valkey, time):
    async with two_people(valkey) as two:
        await two.wire.deliver(now(1))
        await two.tell(price("SPY", 500.0), price("NVDA", 100.0))
        await two.alice.until(lambda r: moves(r))
        await two.wire.deliver(now(1, "Nvidia cuts its outlook"))
        await two.alice.until(lambda r: newest(r)["revision"] == 2 and newest(r)["impact"])
        assert len(moves(two.alice)) == 3


@pytest.mark.parametrize(
    ("closes", "ends"), [({"NVDA": 103.0, "SPY": 500.0}, ("candles", None)), ({}, ("quotes", "unwatched"))]
)
async def test_a_window_that_ended_unwatched_is_found_in_candles_or_void(
    valkey, database, monkeypatch, time, closes, ends
):
    mine = Info()
    links = Links(p1=[mine], p2=[Info()])
    async with two_people(valkey, links) as two:
        await two.wire.deliver(now(1))
        await two.tell(price("SPY", 500.0), price("NVDA", 100.0))
        await two.alice.until(lambda r: moves(r))
    links.brokers.clear()
    monkeypatch.setattr(PastBroker, "closes", closes)
    monkeypatch.setattr(impact_history, "RETRY_S", 0.01)
    time.ahead_ms += 10 * MINUTE
    async with Station(valkey, links) as station:
        alice = reader(station, 1)
        await alice.until(lambda r: moves(r) and moves(r)[0]["done"])
        first, second, _ = moves(alice)
        assert (first["by"], first["void"]) == ends
        assert not second["done"]
        if closes:
            assert first["move"] == pytest.approx(2.9559, abs=1e-3)


async def test_impact_goes_with_the_source_of_its_item(valkey, database, time):
    async with two_people(valkey) as two:
        await two.wire.deliver(now(1))
        await two.tell(price("SPY", 500.0), price("NVDA", 100.0))
        await two.alice.until(lambda r: moves(r))
        two.wire.fail(SourceUnusable("gone"))
        await two.station.ledger.write(forget_source, 0, "wire")

        def left():
            return NewsImpact.objects.count(), NewsMove.objects.count(), len(search(1, Search(), 5).items)

        time.ahead_ms += 5 * MINUTE
        assert await two.station.ledger.read(left) == (0, 0, 0)
        manager = two.station.host.people[1].manager
        await aeventually(lambda: not manager._companions._wanted[manager._companions._all[0]].quotes)
        assert manager.deaths == 0
