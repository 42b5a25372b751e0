"""The desk's own sources read the simulated ones over real sockets, kind or unkind: nothing lost, nothing twice."""

import json
import pathlib

import pytest

from brokers.catalogue import LOOPBACK_FILE
from news.sources.catalogue import KindName, SourceSettings, endpoints, open_source
from news.sources.contract import KeyRejected, SourceLost
from simulator.server import SimRunning
from tests.news.sources.recorder import Recorder
from tests.simulator.conftest import venue

pytestmark = pytest.mark.process  # the parser of feeds

__all__ = ["venue"]
ALLOWED = ("127.0.0.1",)
CONTACT = "Tapedeck tests ops@example.com"
PACE_S = 1.0


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    monkeypatch.setattr("news.sources.feeds.START_S", 0.0)


@pytest.fixture
def told(venue: SimRunning, tmp_path: pathlib.Path):
    """What the simulator says of its news, and the run directory that a desk finds it in."""
    (tmp_path / LOOPBACK_FILE).write_text(json.dumps(venue.line))
    return venue.line["news"], tmp_path


def keyed(told, kind: KindName, **changes: str):
    """A keyed source, as a desk opens it for somebody who linked their key."""
    news, folder = told
    grant = news["grants"][0]
    keys = {
        "alpaca": {"key_id": grant["key_id"], "secret_key": grant["secret_key"]},
        "finnhub": {"api_key": grant["token"]},
    }
    return open_source(
        SourceSettings(
            kind=kind, credentials=keys[kind] | changes, pace_s=PACE_S, endpoints=endpoints(kind, "simulated", folder),
            allowed_private_targets=ALLOWED,
        )
    )  # fmt: skip


def feed(told, name: str):
    """A feed, as a demo's desk reads it for everybody."""
    (about,) = [one for one in told[0]["feeds"] if one["id"] == f"sim-{name}"]
    return open_source(
        SourceSettings(
            kind=about["kind"], address=about["address"], pace_s=PACE_S, contact=CONTACT,
            allowed_private_targets=ALLOWED,
        )
    )  # fmt: skip


def headlines(found: Recorder) -> list[str]:
    return [item.headline for item in found.items]


async def test_alpaca_over_a_dropped_socket_loses_and_doubles_nothing(venue: SimRunning, told):
    source, found = keyed(told, "alpaca"), Recorder()
    async with found.running(source) as task:
        await found.until(task, lambda: found.beats > 0)
        venue.news_story("AAPL", "One of the first", sources=["alpaca"])
        await found.until(task, lambda: "One of the first" in headlines(found))
        assert venue.news_fault("drop") == 1
        with pytest.raises(SourceLost):
            await found.until(task, lambda: False)
    wanted = [f"Meanwhile {number}" for number in range(50)]
    for headline in wanted:
        venue.news_story("AAPL", headline, sources=["alpaca"])
    async with found.running(source) as task:
        await found.until(task, lambda: wanted[-1] in headlines(found))
        venue.news_story("AAPL", "And live again", sources=["alpaca"])
        await found.until(task, lambda: "And live again" in headlines(found))
    told_of = [one for one in headlines(found) if one.startswith(("One", "Meanwhile", "And"))]
    assert sorted(told_of) == sorted(["One of the first", *wanted, "And live again"])
    assert all(item.recovered for item in found.items if item.headline in wanted)
    await source.close()


async def test_alpaca_refuses_a_wrong_key_by_name(venue: SimRunning, told):
    source, found = keyed(told, "alpaca", secret_key="wrong"), Recorder()
    async with found.running(source) as task:
        with pytest.raises(KeyRejected):
            await found.until(task, lambda: False)
    await source.close()


async def test_finnhub_tells_each_item_once(venue: SimRunning, told):
    source, found = keyed(told, "finnhub"), Recorder()
    async with found.running(source) as task:
        await found.until(task, lambda: found.beats > 0)
        for number in range(3):
            venue.news_story("MSFT", f"Asked for {number}", sources=["finnhub"])
        await found.until(task, lambda: "Asked for 2" in headlines(found))
    assert len(found.ids) == len(set(found.ids))
    await source.close()


@pytest.mark.parametrize("name", ["globenewswire", "cnbc", "fed", "edgar", "halts"])
async def test_every_feed_of_a_demo_is_read(venue: SimRunning, told, name):
    source, found = feed(told, name), Recorder()
    kind = "halt" if name == "halts" else "macro" if name == "fed" else "other"
    venue.news_story("AAPL", "Something that happened", sources=[name], kind=kind)
    async with found.running(source) as task:
        await found.until(task, lambda: found.items)
    newest = found.items[-1]
    assert newest.headline
    assert newest.published_by in ("source", "zone_assumed", "date_only")
    if name in ("globenewswire", "halts"):
        assert "AAPL" in newest.symbols
    await source.close()


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"name": "rest", "mode": "429", "times": 1, "delay": 1}, "asks to be left alone"),
        ({"name": "rest", "mode": "500", "times": 1}, "answers HTTP 500"),
        ({"name": "rest", "mode": "html200", "times": 1}, "answers a page instead of a feed"),
        ({"name": "rest", "mode": "garbage", "times": 1}, "that is no XML"),
        ({"name": "rest", "mode": "cut", "times": 1}, "broke off"),
        ({"name": "flood", "path": "/feeds/", "size": 100_000_000, "times": 1}, "more than 2 MB"),
        ({"name": "flood", "mode": "gzip", "path": "/feeds/", "size": 200_000_000, "times": 1}, "more than 2 MB"),
        ({"name": "entities", "path": "/feeds/", "times": 1}, "entit"),
        ({"name": "redirect", "path": "/feeds/", "mode": "loop", "times": 4}, "redirects more than 3 times"),
    ],
    ids=["429", "500", "page", "garbage", "cut", "100 MB", "gzip bomb", "entities", "redirect loop"],
)
async def test_a_feed_that_is_unkind_is_named_and_read_afterwards(venue: SimRunning, told, fault, said):
    options = dict(fault)
    venue.news_story("AAPL", "Behind the fault", sources=["cnbc"])
    venue.news_fault(options.pop("name"), **options)
    source, found = feed(told, "cnbc"), Recorder()
    async with found.running(source) as task:
        with pytest.raises(SourceLost, match=said):
            await found.until(task, lambda: False)
    again = Recorder()  # without the cursor, which keeps the pace: the feed would be asked again in its own time
    async with again.running(source) as task:
        await again.until(task, lambda: again.items)
    assert "Behind the fault" in headlines(again)
    await source.close()


async def test_a_feed_that_leads_inside_is_not_followed(venue: SimRunning, told):
    venue.news_fault("redirect", path="/feeds/", mode="metadata", times=1)
    source, found = feed(told, "cnbc"), Recorder()
    async with found.running(source) as task:
        with pytest.raises(SourceLost, match=r"169\.254\.169\.254 is inside this network") as lost:
            await found.until(task, lambda: False)
    assert lost.value.retry_after == 3_600, "it may lead elsewhere some day"
    await source.close()


@pytest.mark.parametrize("mode", ["script", "bidi"])
async def test_markup_is_never_more_than_text(venue: SimRunning, told, mode):
    venue.news_fault("markup", mode=mode, times=1)
    venue.news_story("AAPL", "Marked up", sources=["cnbc"])
    source, found = feed(told, "cnbc"), Recorder()
    async with found.running(source) as task:
        await found.until(task, lambda: found.items)
    text = "".join(item.headline + (item.summary or "") for item in found.items)
    assert "<script" not in text
    assert "\u202e" not in text
    await source.close()
