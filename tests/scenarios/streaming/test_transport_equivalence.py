"""The same stream by every carrier: what clients hold, how they resume, what a poll waits for, and how it all ends."""

import asyncio
import contextlib
import json
import socket

import httpx
import msgspec
import pytest
import websockets

from brokers.contract.events import Quote
from streaming.facts import Entry
from streaming.transports import saved_subscriptions
from streaming.wire.subscription import Subscription
from tests.support.corridor import QUICK, House, Info, MemoryLinks, Reader
from tests.support.eventually import aeventually
from tests.support.live_server import POLL, SSE, Holder, Served
from tests.support.plain_http import NO_TLS

QQQ = {"quotes": ["QQQ"], "topics": ["links"]}
FRAMES = [websockets.Subprotocol("tapedeck.v1")]
CARRIERS = ("over_socket", "over_events", "over_polls")
UNHURRIED = msgspec.structs.replace(QUICK, linger_s=60.0, deaf_s=10.0)


@contextlib.asynccontextmanager
async def desk(limits=UNHURRIED, quotes=()):
    """A served house in which person 1 has one live link, and somebody keeps looking at that and at `quotes`."""
    info = Info()
    async with House(MemoryLinks(p1=[info]), limits) as house, Served(house) as served:
        keeper = Reader(house, 1, Subscription(quotes=frozenset(quotes), topics=frozenset({"links"}))).join()
        broker = await house.links.live(info)
        try:
            yield house, served, broker
        finally:
            house.hub.leave(keeper.socket)


async def tell(house, number):
    """Record facts of person 1, and wait until they are announced."""
    manager = house.host.people[1].manager
    head = manager.board.head
    for at in range(number):
        await manager.record(Entry(kind="notice", at=at, payload={"code": "test"}))
    await aeventually(lambda: manager.board.head >= head + number, within=10)


async def begin_anew(house, broker):
    """Let another manager take person 1 over, with a board of its own."""
    house.host._release(1, "another one takes over")
    await aeventually(lambda: house.links.brokers.get(broker.info.id) is not broker, within=10)
    await house.links.live(broker.info)


def bid(value):
    return lambda holder: holder.slots.get(("quote", "QQQ"), {}).get("bid") == value


def told(number):
    return lambda holder: len(holder.facts) == number


# What clients hold


async def test_clients_of_every_carrier_hold_the_same():
    async with desk(quotes=["QQQ"]) as (house, served, broker):
        holders = {carrier: Holder() for carrier in CARRIERS}

        async def all_until(enough):
            async with asyncio.timeout(10):
                await asyncio.gather(*(getattr(holder, how)(served, QQQ, enough) for how, holder in holders.items()))

        broker.say(Quote(symbol="QQQ", bid=1.0, ask=2.0))
        await all_until(bid(1.0))
        for round_ in range(2, 8):  # every one of them comes back with its cursor, each time
            await tell(house, round_)
            broker.say(Quote(symbol="QQQ", bid=float(round_), last=round_ / 3))
            await all_until(lambda holder, n=round_: bid(float(n))(holder) and told(n * (n + 1) // 2 - 1)(holder))
        by_socket, by_events, by_polls = holders.values()
        assert by_socket.slots == by_events.slots == by_polls.slots
        assert by_socket.facts == by_events.facts == by_polls.facts == list(range(1, 28))
        for holder in (by_socket, by_events):
            assert holder.recovered == [False] + [True] * 6


@pytest.mark.parametrize("how", CARRIERS)
async def test_who_comes_back_after_hundreds_of_facts_is_told_each_once(how):
    async with desk(quotes=["QQQ"]) as (house, served, broker):
        holder = Holder()
        broker.say(Quote(symbol="QQQ", bid=1.0))
        await getattr(holder, how)(served, QQQ, bid(1.0))
        await tell(house, 450)
        broker.say(Quote(symbol="QQQ", bid=2.0))
        async with asyncio.timeout(10):
            await getattr(holder, how)(served, QQQ, lambda h: told(450)(h) and bid(2.0)(h))
        assert holder.facts == list(range(1, 451))


async def test_facts_that_the_topics_hide_do_not_hold_up_a_poll():
    """They fill whole pages that say nothing to this client; what comes after them does."""
    async with desk(quotes=["QQQ"]) as (house, served, broker):
        holder, quotes = Holder(), {"quotes": ["QQQ"]}
        broker.say(Quote(symbol="QQQ", bid=1.0))
        await holder.over_polls(served, quotes, bid(1.0))
        await tell(house, 450)
        said = await served.poll(quotes, cursor=holder.cursor, wait_s=0)
        assert said["frames"] == []
        assert said["cursor"].endswith(":450")


@pytest.mark.parametrize("how", CARRIERS)
async def test_a_cursor_of_a_former_board_gets_a_snapshot_and_the_facts_since(how):
    async with desk(quotes=["QQQ"]) as (house, served, broker):
        holder = Holder()
        await tell(house, 3)
        broker.say(Quote(symbol="QQQ", bid=1.0))
        await getattr(holder, how)(served, QQQ, bid(1.0))
        await tell(house, 2)
        await begin_anew(house, broker)
        former, stood = holder.epoch, len(holder.recovered)
        await getattr(holder, how)(served, QQQ, told(2))
        assert holder.epoch != former
        assert holder.facts == [4, 5]
        assert holder.recovered[stood] is False
        assert ("quote", "QQQ") not in holder.slots


# What a poll waits for


async def test_a_poll_that_waits_is_answered_with_the_news_when_it_comes():
    async with desk() as (house, served, broker):
        stands = (await served.poll(QQQ, wait_s=0))["cursor"]
        waiting = asyncio.ensure_future(served.poll(QQQ, cursor=stands))
        await polled(house)
        broker.say(Quote(symbol="QQQ", bid=1.0))
        async with asyncio.timeout(10):  # sooner than a poll gives up
            said = await waiting
        assert [item["bid"] for item in said["frames"][0]["state"]] == [1.0]
        assert said["cursor"] == "{epoch}:{seq}:{fact}".format(**said["frames"][0])


async def test_a_poll_that_does_not_wait_says_at_once_that_there_is_no_news():
    async with desk() as (_house, served, _broker):
        stands = (await served.poll(QQQ, wait_s=0))["cursor"]
        async with asyncio.timeout(10):  # as above
            said = await served.poll(QQQ, cursor=stands, wait_s=0)
        assert (said["frames"], said["recovered"]) == ([], True)
        assert said["cursor"].split(":")[0] == stands.split(":")[0]


async def test_a_poll_that_waits_while_the_board_begins_anew_is_told_so():
    async with desk() as (house, served, broker):
        stands = (await served.poll(QQQ, wait_s=0))["cursor"]
        waiting = asyncio.ensure_future(served.poll(QQQ, cursor=stands))
        await polled(house)
        await begin_anew(house, broker)
        async with asyncio.timeout(20):
            said = await waiting
        assert said["recovered"] is False
        assert said["frames"][0]["snapshot"] is True


async def test_a_poll_of_a_board_that_nobody_feeds_says_that_it_waits():
    async with desk(QUICK) as (house, served, _broker):
        stands = (await served.poll(QQQ, wait_s=0))["cursor"]
        house.cut = True
        said = await served.poll(QQQ, cursor=stands, wait_s=5)
        assert said["feed"]["state"] == "waiting"
        assert said["feed"]["since"] <= said["at"]
        assert (said["frames"], said["cursor"]) == ([], stands)
        house.cut = False


async def test_polls_that_wait_for_less_than_a_silence_hear_of_it_too():
    """Where nobody but who polls looks at a person, no socket is there between two polls."""
    limits = msgspec.structs.replace(QUICK, deaf_s=1.8)
    async with House(MemoryLinks(p1=[Info()]), limits) as house, Served(house) as served:
        stands = (await served.poll(QQQ, wait_s=0))["cursor"]
        house.cut = True
        async with asyncio.timeout(15):
            while "feed" not in (said := await served.poll(QQQ, cursor=stands, wait_s=1)):
                assert said["frames"] == []
        assert said["feed"]["state"] == "waiting"
        house.cut = False


async def test_a_poll_that_comes_in_a_silence_and_rests_first_is_told_of_it():
    """Between its arrival and what it asks for lies its pace, in which it is looked at without a view."""
    async with desk(QUICK) as (house, served, _broker):
        stands = (await served.poll(QQQ, wait_s=0))["cursor"]
        house.cut = True
        await aeventually(lambda: house.hub.feeds.silent(QUICK.deaf_s))
        said = await served.poll(QQQ, cursor=stands, wait_s=1, interval_ms=500)
        assert said["feed"]["state"] == "waiting"
        house.cut = False


async def test_each_poll_that_comes_in_a_silence_is_told_of_it_at_the_next_look_at_feeds():
    """Those are taken four times as often as those at all sockets, between which a second poll would hear nothing."""
    limits = msgspec.structs.replace(QUICK, beacon_s=4.0, want_ttl_s=60.0)
    async with House(MemoryLinks(p1=[Info()]), limits) as house, Served(house) as served:
        stands = (await served.poll(QQQ, wait_s=0))["cursor"]
        house.cut = True
        await aeventually(lambda: house.hub.feeds.silent(QUICK.deaf_s))
        for _ in range(2):
            said = await served.poll(QQQ, cursor=stands, wait_s=1)
            assert said["feed"]["state"] == "waiting"
        house.cut = False


async def test_a_poll_that_its_board_does_not_answer_says_so_although_the_feed_was_heard_of_just_now():
    """A board that changes hands is heard of before it answers."""
    async with desk(UNHURRIED) as (house, served, _broker):
        stands = (await served.poll(QQQ, wait_s=0))["cursor"]
        house.cut = True
        said = await served.poll(QQQ, cursor=stands, wait_s=1)
        assert (said["feed"]["state"], said["cursor"]) == ("waiting", stands)
        house.cut = False


async def test_polls_and_events_keep_the_pace_that_is_asked_for():
    async with desk() as (_house, served, broker):
        loop = asyncio.get_running_loop()
        stands = (await served.poll(QQQ, wait_s=0))["cursor"]
        broker.say(Quote(symbol="QQQ", bid=1.0))
        began = loop.time()
        said = await served.poll(QQQ, cursor=stands, interval_ms=300)
        assert said["frames"]
        assert 0.3 <= loop.time() - began < 2
        async with served.events(QQQ, interval_ms=300) as events:
            await events.next("frame")
            for value in (2.0, 3.0):
                broker.say(Quote(symbol="QQQ", bid=value))
                await events.next("frame")
                if value == 2.0:
                    began = loop.time()
            assert loop.time() - began >= 0.25


async def polled(house):
    """Wait until a poll is there that has nothing to say yet."""
    await aeventually(lambda: any(one.polled and one.quiet.done() for one in house.hub.everybody()))


# What is kept, and what is freed


async def test_between_two_polls_what_they_watch_stays_on_the_board():
    quick = msgspec.structs.replace(UNHURRIED, linger_s=0.02)
    async with desk(quick) as (house, served, broker):
        manager = house.host.people[1].manager
        broker.say(Quote(symbol="QQQ", bid=1.0))
        said = await served.poll(QQQ, wait_s=0)
        house.hub.renew_wants()
        assert manager.demand.quotes == {"QQQ"}
        assert manager.board.whole(("quote", "QQQ"))
        again = await served.poll(QQQ, cursor=said["cursor"], wait_s=0)
        assert again["recovered"] is True
        assert manager.demand.quotes == {"QQQ"}


async def test_what_polls_keep_wanted_never_exceeds_what_a_person_may_watch():
    few = msgspec.structs.replace(UNHURRIED, symbols_per_person=3, views_per_person=20)
    async with desk(few) as (house, served, _broker):
        manager = house.host.people[1].manager
        for symbol in ("A", "B", "C", "D", "E"):
            await served.poll({"quotes": [symbol]}, wait_s=0)
        assert manager.demand.quotes == {"C", "D", "E"}
        async with served.events({"quotes": ["F", "G"]}) as events:
            await events.next("frame")
            assert manager.demand.quotes == {"E", "F", "G"}


@pytest.mark.parametrize("path", [SSE, POLL])
async def test_a_client_that_leaves_is_forgotten_within_a_second(path):
    async with desk() as (house, served, _broker):
        stands = (await served.poll(QQQ, wait_s=0))["cursor"]
        params = {"watch": json.dumps(QQQ), "cursor": stands}
        async with httpx.AsyncClient(verify=NO_TLS, base_url=served.url) as client:
            asking = asyncio.ensure_future(client.send(client.build_request("GET", path, params=params), stream=True))
            await aeventually(lambda: len(house.hub.everybody()) == 2)
            if path == SSE:
                async with asyncio.timeout(20):
                    await asking
        asking.cancel()
        await aeventually(lambda: len(house.hub.everybody()) == 1, within=1)


async def test_a_client_that_takes_nothing_is_cut_off(caplog):
    """It is judged by what its connection does not take; what waits for it is bounded, and goes with it."""
    impatient = msgspec.structs.replace(UNHURRIED, send_timeout_s=0.2)
    async with desk(impatient) as (house, served, _broker):
        before = set(house.hub.everybody())
        with socket.create_connection(("127.0.0.1", served.port)) as client:
            client.sendall(f"GET {SSE}?watch=%7B%7D HTTP/1.1\r\nHost: desk\r\n\r\n".encode())
            (idle,) = await aeventually(lambda: set(house.hub.everybody()) - before, within=10)

            def is_cut_off() -> bool:
                while len(idle.control) < 10 and not idle.gone.done():
                    idle.send_text('{"type":"heartbeat","padding":"' + "x" * 1_000_000 + '"}')
                return bool(idle.gone.done())

            await aeventually(is_cut_off, within=10)
            await aeventually(
                lambda: idle not in house.hub.everybody() and not served.server.server_state.connections, within=10
            )
        assert idle.gone.result().code == 4008
        assert idle.sent.characters < 16_000_000
        assert "ERROR" not in caplog.text


# Limits, and the end


async def test_limits_hold_for_every_carrier_alike():
    few = msgspec.structs.replace(UNHURRIED, sockets_per_person=3, views_per_person=2, symbols_per_socket=2)
    async with desk(few) as (house, served, _broker):  # whose keeper is one socket with one view

        async def refused(path, watch):
            answer = await served.client.get(path, params={"watch": json.dumps(watch), "wait_s": 0})
            return answer.status_code, answer.json()["code"], answer.headers.get("Retry-After")

        for path in (SSE, POLL):
            assert await refused(path, {"quotes": ["A", "B", "C"]}) == (400, "too_many_symbols", None)
        async with served.events(QQQ) as events:
            await events.next("frame")
            for path in (SSE, POLL):
                assert await refused(path, {"quotes": ["SPY"]}) == (429, "too_many_views", "10")
            async with served.events(QQQ) as events:
                await events.next("frame")
                for path in (SSE, POLL):
                    assert await refused(path, QQQ) == (429, "too_many_sockets", "10")
        assert house.hub.counts.turned_away["too_many_sockets"] == 2


async def test_a_stored_view_that_is_out_of_reach_is_no_fault_of_its_client(settings):
    location = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1"}
    settings.CACHES = {"default": location}
    saved_subscriptions._cache.cache_clear()
    try:
        async with desk() as (_house, served, _broker):
            for path in (SSE, POLL):
                answer = await served.client.get(path, params={"view": "5b3a"})
                assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
                assert "Retry-After" in answer.headers
    finally:
        saved_subscriptions._cache.cache_clear()


async def test_a_heartbeat_has_a_name():
    async with desk() as (house, served, _broker), served.events(QQQ) as events:
        assert (await events.next()).event == "heartbeat"
        await events.next("frame")
        for one in house.hub.everybody():
            one.heartbeat_at = 0.0
        assert (await events.next("heartbeat")).json()["at"] > 0


async def test_a_desk_that_stops_tells_streams_and_polls_to_come_back():
    async with desk() as (house, served, _broker):
        stands = (await served.poll(QQQ, wait_s=0))["cursor"]
        async with served.events(QQQ) as events:
            await events.next("frame")
            waiting = asyncio.ensure_future(
                served.client.get(POLL, params={"watch": json.dumps(QQQ), "cursor": stands})
            )
            await polled(house)
            for keeper in [one for one in house.hub.everybody() if one.carrier == "frames"]:
                house.hub.leave(keeper)
            stopping = asyncio.ensure_future(served.stop())
            *_, last = await events.rest()
            assert last.event == "closed"
            assert last.json() == {"type": "closed", "code": 1012, "reason": "restarting"}
            answer = await waiting
            assert (answer.status_code, answer.json()["code"]) == (503, "restarting")
            assert 1 <= int(answer.headers["Retry-After"]) <= 10
        async with asyncio.timeout(20):
            await stopping


async def test_a_page_of_somebody_else_is_shown_nothing_of_who_is_signed_in_now():
    """A tab that slept while one person signed out and another one in comes back with the cookie of that one."""
    async with desk() as (house, served, _broker):
        for path in (SSE, POLL):
            answer = await served.client.get(path, params={"watch": json.dumps(QQQ), "person": 2})
            assert (answer.status_code, answer.json()["code"]) == (401, "signed_out")
        hello = {"type": "hello", "watch": QQQ}
        async with websockets.connect(f"ws://127.0.0.1:{served.port}/ws/streaming/", subprotocols=FRAMES) as strange:
            await strange.send(json.dumps({**hello, "person": 2}))
            with pytest.raises(websockets.ConnectionClosed):
                await strange.recv()
            assert (strange.close_code, strange.close_reason) == (4001, "somebody else is signed in")
        async with websockets.connect(f"ws://127.0.0.1:{served.port}/ws/streaming/", subprotocols=FRAMES) as own:
            await own.send(json.dumps({**hello, "person": 1}))
            assert json.loads(await own.recv())["type"] == "welcome"
        assert (await served.client.get(POLL, params={"watch": json.dumps(QQQ), "person": 1})).status_code == 200
        assert {socket.person for socket in house.hub.everybody()} == {1}


async def test_a_desk_that_stops_lets_nobody_in():
    async with desk() as (house, served, _broker):
        house.hub.closing = True
        for path in (SSE, POLL):
            answer = await served.client.get(path, params={"watch": "{}"})
            assert (answer.status_code, answer.json()["code"]) == (503, "restarting")
            assert "Retry-After" in answer.headers
