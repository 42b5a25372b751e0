"""Feeds are polled at their pace, and deliver what is new or changed."""

import datetime

import pytest

from lib.outbound.addresses import AddressRules
from news.sources.contract import SourceLost
from news.sources.feeds import FeedSettings, FeedSource
from tests.news.sources import samples
from tests.news.sources.naps import Naps
from tests.news.sources.recorder import Recorder
from tests.news.sources.web_server import XML, Answer, WebServer

pytestmark = pytest.mark.process  # the parser of feeds

RULES = AddressRules(["127.0.0.0/8"])


@pytest.fixture
async def web():
    async with WebServer().running() as server:
        yield server


async def polled(web, bodies, recorder=None, *, headers=None, draw=0.5, **settings):
    """Poll so often as there are bodies, and return what was delivered and how long was slept."""
    recorder, answers, naps = recorder or Recorder(), iter(bodies), Naps(len(bodies))

    def answer(asked):
        body = next(answers)
        return body if isinstance(body, Answer) else Answer(body, headers={**XML, **(headers or {})})

    web.answers["/feed"] = answer
    source = FeedSource(FeedSettings(address=f"{web.address}/feed", **settings), RULES, sleep=naps, draw=lambda: draw)
    try:
        async with recorder.running(source) as task:
            await recorder.until(task, lambda: naps.is_over)
    finally:
        await source.close()
    return recorder, naps.waits


async def test_an_item_is_delivered_again_only_when_it_changed(web):
    one, two, three = (samples.item(number) for number in (1, 2, 3))
    changed = samples.item(1, "Corrected")
    bodies = [
        samples.rss(two, one),
        samples.rss(two, one),
        samples.rss(three, two, one),
        samples.rss(three, two, changed),
    ]
    found, _ = await polled(web, bodies)
    assert [[item.id for item in batch] for batch in found.batches if batch] == [
        ["wire-1", "wire-2"],
        ["wire-3"],
        ["wire-1"],
    ]
    assert found.items[-1].headline == "Corrected"
    assert found.beats == 4


async def test_a_resumption_of_a_halt_is_a_revision_with_the_time_of_the_halt(web):
    bodies = [samples.halts(), samples.halts("11/24/2026", "10:35:05", "10:40:05")]
    found, _ = await polled(web, bodies, kind="halts", zone="America/New_York")
    assert found.ids == ["ACME 2026-11-24 10:30:05"] * 2
    assert found.items[0].published_at == found.items[1].published_at
    assert found.items[1].headline.startswith("ACME trading resumes")
    assert "redated" not in found.anomalies


async def test_an_undated_item_keeps_the_time_of_its_first_arrival(web):
    undated, corrected = samples.item(1, at=""), samples.item(1, "Corrected", at="")
    found, _ = await polled(web, [samples.rss(undated), samples.rss(undated), samples.rss(corrected)])
    first, second = found.items
    assert first.published_at == first.received_at == second.published_at
    assert second.received_at > first.received_at
    assert found.anomalies == {"undated": 2}


async def test_an_item_that_changes_its_date_is_counted(web):
    later = samples.item(1, at="Fri, 02 Oct 2026 19:06:00 GMT")
    found, _ = await polled(web, [samples.rss(samples.item(1)), samples.rss(later)])
    assert found.anomalies == {"redated": 1}


async def test_a_feed_whose_clock_is_ahead_is_not_believed(web):
    ahead = f"{datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1):%a, %d %b %Y %H:%M:%S} GMT"
    items = [samples.item(number, at=ahead) for number in range(3)]
    found, _ = await polled(web, [samples.rss(*items), samples.rss(samples.item(9))])
    assert [item.published_by for item in found.items] == ["arrival"] * 4
    assert found.anomalies == {"future": 3}


async def test_what_is_known_is_asked_with_its_validators_also_by_the_next_run(web):
    body = Answer(samples.rss(samples.item(1)), headers={**XML, "ETag": '"7"'})
    found, _ = await polled(web, [body, Answer(status=304)])
    assert [asked.headers.get("if-none-match") for asked in web.asked] == [None, '"7"']
    assert found.beats == 2
    again, _ = await polled(web, [Answer(status=304)], Recorder(found.cursor))
    assert web.asked[-1].headers["if-none-match"] == '"7"'
    assert not again.batches


async def test_a_feed_begins_at_a_random_moment_and_goes_on_at_its_pace(web):
    _, waits = await polled(web, [samples.rss()] * 2, pace_s=30.0, draw=0.25)
    assert waits == [2.5, 30.0, 30.0]


async def test_a_feed_is_not_asked_before_its_time_by_another_run(web):
    due_at = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=50)
    _, waits = await polled(web, [samples.rss()], Recorder({"due_at": due_at.isoformat()}), pace_s=60.0)
    assert 45 < waits[0] <= 50
    _, waits = await polled(web, [samples.rss()], Recorder({"due_at": "nonsense"}), draw=0.5)
    assert waits[0] == 5.0


@pytest.mark.parametrize(
    ("headers", "channel", "pace_s"),
    [
        ({"Cache-Control": "max-age=90"}, "", 90.0),
        ({"Cache-Control": "max-age=5"}, "", 30.0),
        ({}, "<ttl>2</ttl>", 120.0),
        ({"Cache-Control": "max-age=90"}, "<ttl>2</ttl>", 120.0),
        ({"Cache-Control": "max-age=999999999"}, "", 3_600.0),
    ],
)
async def test_a_wish_for_patience_is_granted_up_to_an_hour(web, headers, channel, pace_s):
    found, waits = await polled(web, [samples.rss(channel=channel)], headers=headers)
    assert waits[-1] == pace_s
    assert found.pace_s == pace_s, "and it is told"


@pytest.mark.parametrize(
    ("answer", "reason", "retry_after"),
    [
        (Answer(samples.PAGE), "answers a page instead of a feed", 30.0),
        (Answer(samples.BILLION_LAUGHS), "declares entities", 30.0),
        (Answer(samples.EXTERNAL_ENTITY), "declares entities", 30.0),
        (Answer(samples.DEEP), "takes too much memory", 900.0),
        (Answer(b"garbage"), "no XML", 30.0),
        (Answer(b'<?xml version="1.0"?><urlset><url/></urlset>'), "neither RSS nor Atom", 3_600.0),
        (Answer(status=302, headers={"Location": "http://169.254.169.254/"}), "redirects inside", 3_600.0),
        (Answer(status=500), "HTTP 500", 30.0),
        (Answer(status=429, headers={"Retry-After": "120"}), "HTTP 429", 120.0),
        (Answer(status=429, headers={"Retry-After": "1"}), "HTTP 429", 30.0),
    ],
)
async def test_a_bad_answer_is_a_lost_source_and_not_asked_again_before_its_time(web, answer, reason, retry_after):
    with pytest.raises(SourceLost, match=reason) as lost:
        await polled(web, [answer])
    assert lost.value.retry_after == retry_after


async def test_the_past_of_a_first_answer_is_recovered_and_the_present_is_not(web):
    now = f"{datetime.datetime.now(datetime.UTC):%a, %d %b %Y %H:%M:%S} GMT"
    items = samples.item(1), samples.item(2, at=now), samples.item(3, at="")
    found, _ = await polled(web, [samples.rss(*items), samples.rss(samples.item(4), *items)])
    assert {item.id: item.recovered for item in found.items} == {
        "wire-1": True,
        "wire-2": False,
        "wire-3": False,
        "wire-4": False,
    }


async def test_too_many_entries_and_empty_ones_are_counted(web):
    many = [samples.item(number) for number in range(502)]
    found, _ = await polled(web, [samples.rss("<item/>", *many)])
    assert found.anomalies == {"oversized": 3, "unreadable": 1}


async def test_a_source_says_who_asks(web):
    await polled(web, [samples.rss()], agent="Tapedeck someone@example.org")
    assert web.asked[0].headers["user-agent"] == "Tapedeck someone@example.org"


def test_no_repr_shows_what_an_address_asks_with():
    settings = FeedSettings(address="https://a.b/feed?key=k3y-that-nobody-must-see")
    assert "k3y" not in f"{settings!r} {FeedSource(settings, RULES)!r}"
