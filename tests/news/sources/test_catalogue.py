"""The kinds of sources, what each needs, and where it lives."""

import subprocess
import sys

import httpx2
import pytest

from news.sources.catalogue import DEFAULT_FEEDS, KINDS, NewsEndpoints, SourceSettings, endpoints, open_source, pace
from news.sources.contract import KeyRejected, SourceLost, SourceUnusable
from news.sources.parser_process import ROOT

KEYS = {"alpaca": {"key_id": "k", "secret_key": "s3cret"}, "finnhub": {"api_key": "s3cret"}}


@pytest.mark.parametrize("kind", KINDS)
async def test_every_kind_can_be_opened(kind):
    lives = KINDS[kind].endpoints.get("live")
    settings = SourceSettings(
        kind=kind, address="https://a.b/feed?k=s3cret", credentials=KEYS.get(kind, {}), endpoints=lives, contact="a@b.c"
    )
    source = open_source(settings)
    assert "s3cret" not in f"{source!r} {settings!r}"
    await source.close()
    await source.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_needs_an_address_or_a_key(kind):
    assert bool(KINDS[kind].fields) == bool(KINDS[kind].endpoints)
    with pytest.raises((KeyRejected, SourceUnusable)):
        open_source(SourceSettings(kind=kind, contact="a@b.c", endpoints=KINDS[kind].endpoints.get("live")))


@pytest.mark.parametrize("feed", DEFAULT_FEEDS, ids=lambda feed: feed.name)
async def test_every_default_feed_can_be_opened(feed):
    assert httpx2.URL(feed.address).scheme == "https"
    assert pace(feed.kind, 1.0, feed.pace_s) >= KINDS[feed.kind].least_pace_s
    await open_source(SourceSettings(kind=feed.kind, address=feed.address, zone=feed.zone, contact="a@b.c")).close()


def test_names_of_default_feeds_differ():
    assert len({feed.name for feed in DEFAULT_FEEDS}) == len({feed.address for feed in DEFAULT_FEEDS})


def test_a_source_is_never_asked_faster_than_its_kind_allows():
    assert pace("halts", 5.0) == 60.0
    assert pace("feed", 30.0) == 30.0
    assert pace("feed", 30.0, 120.0) == 120.0
    assert pace("finnhub", 0.1) == 1.0


def test_edgar_asks_for_a_contact():
    with pytest.raises(SourceUnusable, match="contact"):
        open_source(SourceSettings(kind="edgar", address="https://www.sec.gov/x"))


@pytest.mark.parametrize(
    "bad",
    [{"zone": "Mars/Olympus"}, {"zone": "../etc/passwd"}, {"allowed_private_targets": ("a b",)}, {"address": "x"}],
)
def test_settings_that_cannot_be_used_are_told(bad):
    with pytest.raises(SourceUnusable):
        open_source(SourceSettings(**{"kind": "feed", "address": "https://a.b/", **bad}))


def test_a_simulated_source_is_looked_up_anew(tmp_path):
    with pytest.raises(SourceLost, match="no simulated news"):
        endpoints("alpaca", "simulated", tmp_path)
    file = tmp_path / "loopback.json"
    file.write_text(
        '{"tradier": {}, "news": {"alpaca": {"rest": "http://127.0.0.1:1", "socket": "ws://127.0.0.1:1/n"}}}'
    )
    assert endpoints("alpaca", "simulated", tmp_path) == NewsEndpoints("http://127.0.0.1:1", "ws://127.0.0.1:1/n")
    with pytest.raises(SourceLost, match="no simulated Finnhub"):
        endpoints("finnhub", "simulated", tmp_path)
    with pytest.raises(SourceUnusable, match="no environment named sandbox"):
        endpoints("finnhub", "sandbox", tmp_path)
    assert endpoints("alpaca", "live", tmp_path).rest == "https://data.alpaca.markets"


@pytest.mark.process
def test_a_kind_is_imported_when_it_is_used():
    code = "import sys, news.sources.catalogue as c; print([n for n in sys.modules if n.startswith('news.sources.')])"
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True, text=True)
    assert found.stdout.strip() == "['news.sources.contract', 'news.sources.catalogue']"


FIRST_FETCH = """
import asyncio, sys
from news.sources import catalogue
if sys.argv[1] == "prepared":
    catalogue.prepare()
from tests.news.sources.recorder import LoopSteps, Recorder
from tests.news.sources.web_server import Answer, WebServer

async def verify():
    async with WebServer().running() as web:
        web.answers["/feed"] = Answer(b"<rss version='2.0'><channel/></rss>")
        settings = {"address": f"{web.address}/feed", "allowed_private_targets": ("127.0.0.0/8",)}
        with LoopSteps() as steps:
            source = await asyncio.create_task(opened(settings))
            await source.verify()
            await source.close()
    print(steps.longest_s)

async def opened(settings):
    return catalogue.open_source(catalogue.SourceSettings(kind="feed", **settings))

asyncio.run(verify())
"""


@pytest.mark.process
def test_the_first_source_of_a_prepared_process_does_not_hold_up_the_loop():
    steps = {}
    for how in ("prepared", "unprepared"):
        command = [sys.executable, "-c", FIRST_FETCH, how]
        steps[how] = float(subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout)
    assert steps["prepared"] < 0.010 < steps["unprepared"]
