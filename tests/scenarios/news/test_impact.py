"""What a story moves is measured by its reader's own prices, told to them, and to nobody else."""

import datetime
import typing

import pytest

from accounts.auth.access import Access
from brokers.contract.events import Quote
from lib import clock
from news.impact import meter
from news.owner import impact
from news.owner.desk import DeskNews
from streaming.sockets.socket import Socket
from streaming.wire.subscription import Subscription
from tests.support.cluster_in_one_loop import Station
from tests.support.corridor import Info, MemoryLinks, Reader
from tests.support.eventually import aeventually
from tests.support.news import TalkingSource, item

NEWS = Subscription(topics=frozenset({"news"}))
MINUTE = 60_000


class Clock:
    """The clock of what measures, which a test puts forward."""

    def __init__(self) -> None:
        self.ahead_ms = 0

    def __call__(self) -> int:
        return clock.now_ms() + self.ahead_ms


@pytest.fixture
def time(settings, monkeypatch) -> Clock:
    settings.STREAM_SERVICES = []
    settings.STREAM_EXTENSIONS = ["news.owner.impact.NewsImpacts"]
    found = Clock()
    monkeypatch.setattr(impact, "now_ms", found)
    monkeypatch.setattr(meter, "LOOK_MS", 20)
    return found


def reader(station: Station, person: int, view: Subscription = NEWS) -> Reader:
    found = Reader(typing.cast(typing.Any, station), person, view)
    found.socket = Socket(Access(person, "s", "hash"))
    return found.join()


def price(symbol: str, mid: float, at: int) -> Quote:
    return Quote(symbol=symbol, bid=mid - 0.01, ask=mid + 0.01, at=at)


def newest(page: Reader, id_: str) -> dict:
    """The item as a page has it: its highest version."""
    found = [one for message in page.of("news") for one in message["articles"] if one["id"] == id_]
    return max(found, key=lambda one: one["version"], default={})


async def test_a_story_is_measured(valkey, database, monkeypatch, time):
    mine = Info()
    wire = TalkingSource("wire")
    async with Station(valkey, MemoryLinks(p1=[mine], p2=[Info()])) as station:
        station.services.start(DeskNews(station, lambda: [wire.spec]).run(), "news")
        alice, bob = reader(station, 1), reader(station, 2)
        broker = await station.links.live(mine)
        await alice.until(lambda r: r.of("news"))
        await wire.deliver(item(1, received_at=datetime.datetime.now(datetime.UTC)))
        await aeventually(lambda: {"NVDA", "SPY"} <= broker.watch.demand.quotes)
        broker.say(price("SPY", 500.0, time()), price("NVDA", 100.0, time()))
        await alice.until(lambda r: newest(r, "d1")["impact"])
        broker.say(price("NVDA", 101.0, time()))
        await alice.until(lambda r: (newest(r, "d1")["impact"]["moves"][0]["move"] or 0) > 0.5)
        time.ahead_ms += 5 * MINUTE
        await alice.until(lambda r: newest(r, "d1")["impact"]["moves"][0]["done"])
        assert newest(alice, "d1")["impact"]["moves"][0]["move"] == pytest.approx(0.995)
        assert newest(bob, "d1")["impact"] is None
