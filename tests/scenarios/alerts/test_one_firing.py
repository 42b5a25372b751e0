"""A rule fires once, is a fact before it is told, and is told to every page of its person and to nobody else."""

import functools
import json
import typing

import pytest

from accounts.auth.access import Access
from alerts import store
from alerts.delivery import store as channels
from alerts.rules.reader import parse_rule
from alerts.watch import checkpoints, watcher
from brokers.contract.events import Link, Quote
from lib.clock import now_ms
from streaming.sockets.socket import Socket
from streaming.wire.subscription import Subscription
from tests.support.cluster_in_one_loop import Station
from tests.support.corridor import Info, MemoryLinks, Reader
from tests.support.eventually import aeventually
from tests.support.receivers import Receiver

ALERTS = Subscription(topics=frozenset({"alerts", "links"}))
"""What is not checked is a notice, which comes with those of links."""
CROSS = '{"when": {"all": [{"field": "QQQ.last", "is": "crosses_up", "value": 450.5}]}, "session": "always"}'
EACH = CROSS[:-1] + ', "trigger": "each"}'


@pytest.fixture(autouse=True)
def _only_alerts(settings, monkeypatch):
    settings.STREAM_SERVICES = []
    settings.STREAM_EXTENSIONS = ["alerts.watch.watcher.AlertWatcher"]
    settings.STREAM_SINKS = ["alerts.watch.sink.settle"]
    monkeypatch.setattr(checkpoints, "CHECKPOINT_S", 0.1)
    monkeypatch.setattr(watcher, "STATUS_S", 0.05)


def reader(station: Station, person: int) -> Reader:
    found = Reader(typing.cast(typing.Any, station), person, ALERTS)
    found.socket = Socket(Access(person, "s", "hash"))
    return found.join()


def firings(reader: Reader) -> list[dict]:
    return [fact for frame in reader.of("frame") for fact in frame.get("facts", ()) if fact["type"] == "alert"]


def states(reader: Reader) -> list[str]:
    """How the one alert stood, one after the other."""
    found = [
        item["state"]
        for frame in reader.of("frame")
        for item in frame["state"]
        if item["type"] == "alert_state" and "state" in item
    ]
    return [state for at, state in enumerate(found) if at == 0 or found[at - 1] != state]


def price(last: float) -> Quote:
    return Quote(symbol="QQQ", last=last, bid=last - 0.01, ask=last + 0.01, last_at=now_ms(), at=now_ms())


async def create(station: Station, person: int, text: str) -> str:
    row = await station.ledger.write(store.create, person, parse_rule(text))
    station.host.links_changed(person)
    return str(row.pk)


async def live(station: Station, info: Info):
    """The broker of a link that is live."""
    broker = await station.links.live(info)
    broker.say(Link(link=str(info.id), state="live", feed_at=now_ms()))
    return broker


def watched(broker) -> frozenset[str]:
    found: frozenset[str] = broker.watch.demand.quotes
    return found


async def armed(reader: Reader, count: int = 1) -> None:
    """Wait until so many alerts are armed."""
    await reader.until(
        lambda r: (
            sum(
                item.get("state") in ("armed", "cannot_check", "waiting")
                for frame in r.of("frame")
                for item in frame["state"]
                if item["type"] == "alert_state"
            )
            >= count
        )
    )


async def test_a_cross_is_told_once_to_every_page_of_its_person(valkey):
    info = Info()
    async with (
        Station(valkey, MemoryLinks(p1=[info], p2=[Info()])) as streams,
        Station(valkey, MemoryLinks(), willing=False) as web,
    ):
        near, far, bob = reader(streams, 1), reader(web, 1), reader(streams, 2)
        broker = await live(streams, info)
        rule = await create(streams, 1, CROSS)
        await armed(near)
        for last in (450.0, 450.4, 450.6, 450.2, 450.7):
            broker.say(price(last))
        for page in (near, far):
            await page.until(lambda r: firings(r))
        await near.until(lambda r: states(r)[-1] == "fired")
        (told,) = firings(near)
        assert firings(far) == [told]
        assert (told["rule"], told["version"], told["key"], told["before"], told["after"]) == (
            rule,
            1,
            "once",
            450.4,
            450.6,
        )
        (value,) = told["values"]
        assert (value["field"], value["value"], value["source"]) == ("QQQ.last", 450.6, str(info.id))
        assert 0 <= value["age_ms"] < 5_000
        (row,) = await streams.ledger.read(store.of, 1)
        assert (row.fired, row.is_armed) == (1, False)
        assert "QQQ" not in "".join(bob.texts)
        assert "alert" not in "".join(bob.texts)


async def test_a_rule_works_while_no_page_is_open(valkey):
    info = Info()
    async with Station(valkey, MemoryLinks(p1=[info])) as streams:
        await create(streams, 1, CROSS)
        broker = await live(streams, info)
        await aeventually(lambda: 1 in streams.host.people)
        await aeventually(lambda: "QQQ" in watched(broker))
        broker.say(price(450.0), price(451.0))
        await aeventually(lambda: streams.ledger.stored == 1)
        page = reader(streams, 1)
        await page.until(lambda r: states(r)[-1:] == ["fired"])


async def test_a_hand_over_neither_loses_nor_doubles(valkey):
    """The second owner goes on where the first one stood: fired, and armed again only below the level."""
    info = Info()
    links = MemoryLinks(p1=[info])
    async with Station(valkey, links, willing=False) as web:
        page = reader(web, 1)
        async with Station(valkey, links) as first:
            broker = await live(first, info)
            await create(first, 1, EACH)
            await armed(page)
            broker.say(price(450.0))
            broker.say(price(451.0))
            await page.until(lambda r: len(firings(r)) == 1)
        del links.brokers[info.id]
        async with Station(valkey, links) as second:
            broker = await live(second, info)
            await aeventually(lambda: "QQQ" in watched(broker))
            broker.say(price(451.2))
            broker.say(price(449.0))
            broker.say(price(451.1))
            await page.until(lambda r: len(firings(r)) == 2)
            assert [one["key"] for one in firings(page)] == ["1", "2"]
            assert [one["after"] for one in firings(page)] == [451.0, 451.1]


async def test_a_firing_reaches_a_webhook_of_its_person_and_of_nobody_else(valkey, settings, monkeypatch):
    settings.STREAM_SERVICES = ["alerts.delivery.deliverer.AlertDeliverer"]
    settings.ALLOWED_PRIVATE_TARGETS = ["127.0.0.0/8"]
    info = Info()
    async with (
        Receiver() as hook,
        Receiver() as bobs,
        Station(valkey, MemoryLinks(p1=[info], p2=[Info()])) as streams,
    ):
        for person, to in ((1, hook), (2, bobs)):
            secrets = {"address": to.url, "secret": "a secret of sixteen"}
            await streams.ledger.write(
                functools.partial(channels.create, person, "webhook", "hook", secrets, zone="America/New_York")
            )
        near = reader(streams, 1)
        broker = await live(streams, info)
        await create(streams, 1, CROSS)
        await armed(near)
        for last in (450.0, 450.6):
            broker.say(price(last))
        (came,) = await hook.until(1)
        told = json.loads(came.body)
        await near.until(lambda r: firings(r))
        (fact,) = firings(near)
        assert told["number"] == fact["fact"]
        assert (told["title"], told["fact"]["after"]) == (fact["what"], 450.6)
        assert bobs.received == []
