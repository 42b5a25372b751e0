"""What every kind of source does, over real sockets."""

import asyncio
import contextlib
import datetime
import time
import typing

import pytest

from lib.outbound.addresses import AddressRules
from news.sources.alpaca import AlpacaNews
from news.sources.contract import KeyRejected, SourceLost, SourceUnusable
from news.sources.feeds import FeedSettings, FeedSource
from news.sources.finnhub import FinnhubNews
from tests.news.sources import samples
from tests.news.sources.alpaca_server import CREDENTIALS, AlpacaServer, row
from tests.news.sources.naps import Naps
from tests.news.sources.recorder import LoopSteps, Recorder
from tests.news.sources.test_finnhub import article
from tests.news.sources.web_server import XML, Answer, WebServer, json
from tests.support.eventually import aeventually

pytestmark = pytest.mark.process  # the parser of feeds

RULES = AddressRules(["127.0.0.0/8"])
SECRETS = ("s3cret", "k3y-")


class Feed:
    """A feed of a kind, and what brings an item to it."""

    def __init__(self, kind, bodies):
        self.kind, self.bodies = kind, bodies
        self.web = WebServer()
        self.item_id = None

    def open(self):
        zone = "America/New_York" if self.kind == "halts" else ""
        address = f"{self.web.address}/feed?key=k3y-that-nobody-must-see"
        return FeedSource(FeedSettings(address, self.kind, zone), RULES, sleep=Naps(1))

    def publish(self):
        self.web.answers["/feed"] = Answer(self.bodies, headers=XML)

    def fail(self):
        self.web.answers["/feed"] = Answer(status=500)

    refuse = None


class Finnhub:
    kind = "finnhub"

    def __init__(self):
        self.web = WebServer()

    def open(self):
        return FinnhubNews({"api_key": "k3y-that-nobody-must-see"}, self.web.address, sleep=Naps(1))

    def publish(self):
        self.web.answers["/news"] = json([article(7)])

    def fail(self):
        self.web.answers["/news"] = Answer(status=500)

    def refuse(self):
        self.web.answers["/news"] = Answer(status=401)


class Alpaca:
    kind = "alpaca"

    def __init__(self):
        self.web = AlpacaServer()

    def open(self):
        return AlpacaNews(CREDENTIALS, self.web.rest, self.web.socket)

    def publish(self):
        self.web.versions = [row(7, 0)]

    def fail(self):
        self.web.web.answers["/v1beta1/news"] = Answer(status=500)

    def refuse(self):
        self.fail()
        self.web.web.answers["/v1beta1/news"] = Answer(status=401)


KINDS = {
    "feed": lambda: Feed("feed", samples.rss(samples.item(1))),
    "edgar": lambda: Feed("edgar", samples.EDGAR),
    "halts": lambda: Feed("halts", samples.halts(day="10/02/2026")),
    "finnhub": Finnhub,
    "alpaca": Alpaca,
}


@pytest.fixture(params=KINDS)
async def venue(request):
    venue: typing.Any = KINDS[request.param]()
    async with venue.web.running():
        venue.publish()
        yield venue


@pytest.fixture
async def source(venue):
    source = venue.open()
    yield source
    await source.close()


async def deliver(source, cursor=None):
    """Run a source until it delivered one batch of items."""
    found = Recorder(cursor)
    async with found.running(source) as task:
        await found.until(task, lambda: found.items)
    return found


async def test_a_source_delivers_whole_items_with_a_cursor(source):
    found = await deliver(source)
    [item] = found.items
    assert item.id
    assert item.headline
    assert found.cursor
    assert all(isinstance(value, str) for value in found.cursor.values())
    for at in (item.received_at, item.published_at):
        assert at.tzinfo is datetime.UTC
    assert item.published_at <= item.received_at
    assert found.beats >= 1


async def test_a_source_never_returns_by_itself_and_ends_when_cancelled(source):
    found = Recorder()
    async with found.running(source) as task:
        await found.until(task, lambda: found.items)
        assert not task.done()
        task.cancel()
        async with asyncio.timeout(1.0):
            with contextlib.suppress(asyncio.CancelledError):
                await task
        assert task.cancelled()


async def test_a_source_that_runs_again_with_its_cursor_goes_on(venue):
    """What comes again is an equal revision of what is known."""
    first = venue.open()
    found = await deliver(first)
    await first.close()
    again, known = Recorder(found.cursor), {item.id: item.headline for item in found.items}
    second = venue.open()
    async with again.running(second) as task:
        await again.until(task, lambda: again.beats)
    await second.close()
    assert all(known[item.id] == item.headline for item in again.items)


async def test_a_server_that_fails_is_a_lost_source(venue, source):
    venue.fail()
    found = Recorder()
    async with found.running(source) as task:
        with pytest.raises(SourceLost, match="HTTP 500") as lost:
            await task
    assert not any(secret in f"{lost.value!r}" for secret in SECRETS)


async def test_a_server_that_is_away_is_a_lost_source(venue):
    source = venue.open()
    if venue.kind == "alpaca":
        source = AlpacaNews(CREDENTIALS, "http://127.0.0.1:1", "ws://127.0.0.1:1/news")
    elif venue.kind == "finnhub":
        source = FinnhubNews({"api_key": "k3y"}, "http://127.0.0.1:1", sleep=Naps(1))
    else:
        source = FeedSource(FeedSettings("http://127.0.0.1:1/feed", venue.kind), RULES, sleep=Naps(1))
    found = Recorder()
    async with found.running(source) as task:
        with pytest.raises(SourceLost, match="cannot be reached"):
            await task
    with pytest.raises(SourceLost, match="cannot be reached"):
        await source.verify()
    await source.close()


async def test_a_key_that_is_refused_is_rejected(venue, source):
    if venue.refuse is None:
        assert venue.kind in ("feed", "edgar", "halts"), "a feed has no key"
        return
    venue.refuse()
    found = Recorder()
    async with found.running(source) as task:
        with pytest.raises(KeyRejected):
            await task
    with pytest.raises(KeyRejected):
        await source.verify()


async def test_a_good_source_is_verified_and_a_bad_one_is_not(venue, source):
    await source.verify()
    venue.fail()
    with pytest.raises((SourceLost, SourceUnusable)):
        await source.verify()


async def test_a_source_is_closed_twice_and_shows_no_secret(source):
    await deliver(source)
    assert not any(secret in repr(source) for secret in SECRETS)
    await source.close()
    await source.close()


@pytest.mark.parametrize("error", [TimeoutError, ConnectionError, LookupError])
async def test_what_the_desk_cannot_store_ends_a_run_as_it_is(source, error):
    """A database that is away is no fault of the source."""

    async def emit(items, cursor):
        raise error

    with pytest.raises(error):
        await source.run({}, emit, Recorder())


async def test_fifty_feeds_of_200_items_begin_without_holding_up_the_loop():
    """The start of a desk: fetched, parsed and delivered, no step of the loop is longer than 10 ms."""
    body = samples.rss(*(samples.item(number, more="<category>a</category>" * 3) for number in range(200)))
    async with WebServer().running() as web:
        web.answers["/feed"] = Answer(body, headers=XML)
        settings = FeedSettings(f"{web.address}/feed")
        sources = [FeedSource(settings, RULES, sleep=Naps(1)) for _ in range(50)]
        found = [Recorder() for _ in sources]
        began = time.monotonic()
        async with contextlib.AsyncExitStack() as stack:
            with LoopSteps() as steps:
                for one, source in zip(found, sources, strict=True):
                    await stack.enter_async_context(one.running(source))
                await aeventually(lambda: all(one.items for one in found), within=60)
        print(f"longest step {steps.longest_s * 1000:.1f} ms, all after {time.monotonic() - began:.1f} s")
        for source in sources:
            await source.close()
    assert sum(len(one.items) for one in found) == 10_000
    assert steps.longest_s < 0.010, steps.what
