"""Candles over a real socket, from the venue through the adapter: they come, move, revise, and end with the wish."""

import asyncio
import datetime
import json
import typing

import httpx
import httpx_sse
import pytest
import websockets

from brokers.catalogue import VENUES, open_broker
from brokers.contract.broker import Credentials, Demand, Series
from brokers.contract.errors import CredentialsRejected
from brokers.contract.events import Bar, Candle, Quote
from streaming.feeds import router
from streaming.wire.subscription import CandleMessage, Subscription, SubscriptionError, SubscriptionRequest
from tests.support.corridor import QUICK, House, Info, MemoryLinks, Reader
from tests.support.eventually import aeventually
from tests.support.people import ALICE
from tests.support.plain_http import NO_TLS
from tests.support.watcher import Watcher

MINUTES = {"symbol": "QQQ", "interval": "1m"}
FIELDS = ("time", "open", "high", "low", "close", "volume", "vwap", "trades")


@pytest.fixture(scope="module")
def cookie(desk):
    return desk.cookie(ALICE)


def subscribed(desk):
    """The series that the venue streams to somebody."""
    sockets = desk.venue_stats()["connections"]
    return {symbol for socket in sockets for symbol in socket.get("subscriptions", {}).get("Candle", ())}


async def past(desk):
    """What the venue answers to a request for the last minutes, by time."""
    grant = desk.grants[0]
    credentials = Credentials({field.name: grant[field.name] for field in VENUES["tastytrade"].fields})
    broker = open_broker("tastytrade", "simulated", credentials, link="past", run_dir=desk.run_dir)
    try:
        start = datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=30)
        candles = await broker.candles(Series("QQQ", "1m"), start)
    finally:
        await broker.close()
    return {candle.time: {name: getattr(candle, name) for name in FIELDS} for candle in candles}


async def test_a_series_shows_its_newest_candle_moving_with_the_venues_own_before_it(desk, cookie):
    async with Watcher(desk, cookie, quotes=[], candles=[{**MINUTES, "symbol": "qqq"}]) as watching:
        await aeventually(lambda: watching.candle(), within=20)
        first = dict(watching.candle())
        assert first["link"] == watching.link["link"]
        assert first["low"] <= min(first["open"], first["close"]) <= first["high"]
        assert [first["time"] - bar["time"] for bar in first["earlier"]] == [120_000, 60_000]
        await aeventually(lambda: watching.candle()["volume"] != first["volume"])
        known = await past(desk)
        assert all(known[bar["time"]] == bar for bar in watching.candle()["earlier"])


def newest(candle: dict) -> tuple[int, float]:
    """Where a series stands: its last bar's time (ms) and volume, which begins anew with each bar."""
    return candle["time"], candle["volume"]


async def test_a_dropped_connection_is_a_revision_and_the_series_goes_on(desk, cookie):
    async with Watcher(desk, cookie, quotes=[], candles=[MINUTES]) as watching:
        await aeventually(lambda: watching.candle(), within=20)
        before = dict(watching.candle())
        assert desk.fault(fault="drop", stream="dxlink", account=desk.grants[0]["accounts"][0])["struck"] == 1
        await aeventually(lambda: watching.candle()["revised_at"] > before["revised_at"])
        revised = dict(watching.candle())
        await aeventually(lambda: newest(watching.candle()) > newest(revised))
        assert watching.candle()["revised_at"] == revised["revised_at"]


async def test_the_plain_dialect_tells_a_series_whole_until_it_is_unsubscribed(desk, cookie):
    watch = {"candles": [MINUTES]}
    async with websockets.connect(f"{desk.ws_url}/ws/streaming/", additional_headers={"Cookie": cookie}) as socket:
        await socket.send(json.dumps({"type": "subscribe", "watch": watch}))
        told: list[dict] = []
        async with asyncio.timeout(20):
            while len([message for message in told if message["type"] == "candle_update"]) < 3:
                told.append(json.loads(await socket.recv()))
        answer = next(message for message in told if message["type"] == "subscribed")
        assert answer["watch"]["candles"] == [MINUTES]
        for update in (message for message in told if message["type"] == "candle_update"):
            assert {name: update[name] for name in MINUTES} == MINUTES
            assert {*FIELDS, "closed", "earlier", "revised_at", "delayed", "at"} <= update.keys()
        await socket.send(json.dumps({"type": "unsubscribe", "watch": watch}))
        await aeventually(lambda: not subscribed(desk))


def one(frames):
    """The one candle among the state of frames, merged."""
    items = [item for frame in frames for item in frame["state"] if item["type"] == "candle"]
    return {name: value for item in items for name, value in item.items()}


async def test_polls_and_event_streams_bring_a_series_too(desk, cookie):
    watch = {"candles": [MINUTES]}
    async with (
        Watcher(desk, cookie, quotes=[], candles=[MINUTES]) as watching,
        httpx.AsyncClient(verify=NO_TLS, base_url=desk.url, headers={"Cookie": cookie}, timeout=30) as client,
    ):
        await aeventually(lambda: watching.candle(), within=20)
        asked = {"watch": json.dumps(watch)}
        polled = (await client.get("/api/stream/poll/", params=asked)).json()
        whole = one(polled["frames"])
        assert whole["revised_at"] == watching.candle()["revised_at"]
        assert {*FIELDS, "earlier"} <= whole.keys()
        later = one(
            (await client.get("/api/stream/poll/", params={**asked, "cursor": polled["cursor"]})).json()["frames"]
        )
        assert later["at"] > whole["at"]
        assert later["revised_at"] == whole["revised_at"], "a tick is no revision"
        stored = await client.post("/api/stream/view/", json=watch, headers=csrf(desk, cookie))
        assert stored.status_code == 201, stored.text
        asked = {"view": stored.json()["view"], "cursor": polled["cursor"]}
        async with httpx_sse.aconnect_sse(client, "GET", "/sse/streaming/", params=asked) as source:
            async for event in source.aiter_sse():
                if event.event == "frame":
                    assert one([event.json()])["at"] > whole["at"]
                    break


def csrf(desk, cookie):
    """The header that lets a page of this session post."""
    token = next(part.partition("=")[2] for part in cookie.split("; ") if part.startswith("csrftoken="))
    return {"X-CSRFToken": token, "Origin": desk.url, "Referer": f"{desk.url}/"}


async def test_an_interval_that_does_not_exist_is_refused_by_name(desk, cookie):
    async with websockets.connect(f"{desk.ws_url}/ws/streaming/", additional_headers={"Cookie": cookie}) as socket:
        await socket.send('{"type":"subscribe","watch":{"candles":[{"symbol":"QQQ","interval":"7m"}]},"ref":1}')
        async with asyncio.timeout(10):
            while (message := json.loads(await socket.recv()))["type"] != "error":
                pass
    assert (message["code"], message["ref"]) == ("unknown_interval", 1)
    assert message["detail"].startswith("No such interval: 7m. There are 1m, 5m,")


# Without a venue


def candle(interval: typing.Literal["1m", "5m"] = "5m", close: float = 1.0) -> Candle:
    return Candle(symbol="QQQ", interval=interval, time=300_000, close=close, earlier=(Bar(0),), revised_at=7)


FIVE, ONE = Series("QQQ", "5m"), Series("QQQ", "1m")


async def test_each_interval_is_a_series_of_its_own_that_leaves_the_board_after_the_last_who_wants_it(monkeypatch):
    monkeypatch.setattr(router, "GRACE_S", 0.05)
    info = Info()
    async with House(MemoryLinks(p1=[info])) as house:
        one = Reader(house, 1, Subscription(candles=frozenset({FIVE}))).join()
        both = Reader(house, 1, Subscription(candles=frozenset({FIVE, ONE}))).join()
        broker = await house.links.live(info)
        assert broker.watch.demand == Demand(candles=frozenset({FIVE, ONE}))
        broker.say(candle("5m", 5.0), candle("1m", 1.0), Quote(symbol="QQQ", bid=1.0))
        await both.until(lambda r: {s["interval"]: s["close"] for s in told(r)} == {"5m": 5.0, "1m": 1.0})
        await one.until(told)
        assert [(s["type"], s["interval"]) for s in told(one)] == [("candle", "5m")]
        house.hub.leave(both.socket)
        await aeventually(lambda: broker.watch.demand.candles == {FIVE})
        board = house.host.people[1].board
        await aeventually(lambda: list(board.slots("candle")) == [("candle", "QQQ", "5m")])


def told(reader):
    """The items of all frames, in order."""
    return [item for frame in reader.of("frame") for item in frame["state"]]


async def test_the_candles_of_a_link_that_is_removed_leave_the_board():
    info, other = Info(), Info()
    async with House(MemoryLinks(p1=[info, other])) as house:
        reader = Reader(house, 1, Subscription(candles=frozenset({FIVE}))).join()
        (await house.links.live(info)).say(candle())
        await reader.until(told)
        house.links.people[1] = [other]
        house.host.links_changed(1)
        await reader.until(lambda r: told(r)[-1] == {"type": "candle", "symbol": "QQQ", "interval": "5m", "gone": True})
        assert (await house.links.live(other)).watch.demand.candles == {FIVE}


async def test_another_link_takes_over_a_series_where_the_feed_of_the_first_is_refused():
    first, second = Info(), Info()
    async with House(MemoryLinks(p1=[first, second])) as house:
        reader = Reader(house, 1, Subscription(candles=frozenset({FIVE}))).join()
        one, two = await house.links.live(first), await house.links.live(second)
        one.say(candle())
        await reader.until(told)
        one.fail(CredentialsRejected("revoked"))
        await aeventually(lambda: two.watch.demand.candles == {FIVE})
        two.say(candle(close=2.0))
        await reader.until(lambda r: told(r)[-1].get("link") == str(second.id))
        assert told(reader)[-1]["close"] == 2.0


async def test_every_series_counts_against_the_limits():
    limits = {"symbols_per_socket": 2, "symbols_per_person": 3}
    house = House(MemoryLinks(p1=[]), type(QUICK)(**limits))
    async with house:
        with pytest.raises(SubscriptionError, match="At most 2 symbols a socket"):
            Reader(house, 1, Subscription(quotes=frozenset({"QQQ"}), candles=frozenset({FIVE, ONE}))).join()
        Reader(house, 1, Subscription(candles=frozenset({FIVE, ONE}))).join()
        Reader(house, 1, Subscription(quotes=frozenset({"QQQ"}), candles=frozenset({ONE}))).join()
        with pytest.raises(SubscriptionError, match="At most 3 symbols a person"):
            Reader(house, 1, Subscription(quotes=frozenset({"SPY"}))).join()


def test_views_differ_by_their_series_and_add_up():
    view = Subscription().plus(SubscriptionRequest(candles=[CandleMessage("QQQ", "5m")]))
    more = view.plus(SubscriptionRequest(candles=[CandleMessage("QQQ", "1m")]))
    assert view.key != more.key != Subscription().key
    assert more.candles == {FIVE, ONE}
    assert more.minus(SubscriptionRequest(candles=[CandleMessage("QQQ", "1m")])) == view
    assert view.both(more) == view
    assert view.wants(("candle", "QQQ", "5m"), None)
    assert not view.wants(("candle", "QQQ", "1m"), None)
