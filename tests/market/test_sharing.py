"""Many clients of one person are one to the hub and to the venue, and each is let in and sent off by itself."""

import asyncio
import contextlib
import functools
import itertools
import shutil
import typing

import msgspec
import pytest

from brokers.contract.errors import LinkLost
from market.radial import markets
from market.radial.markets import SYMBOLS
from streaming.wire.frames import Close
from tests.market.cast import UNHURRIED, ListingBroker, market
from tests.support.eventually import aeventually
from tests.support.slow_clients import Lazy

INDICES = "/api/market/indices"


async def test_200_clients_of_one_person_are_one_socket_and_one_want_of_the_venue():
    async with market() as (house, served, broker), contextlib.AsyncExitStack() as stack:
        broker.price("QQQ", 450.24, 450.26)
        streams = [await stack.enter_async_context(served.stream(INDICES)) for _ in range(200)]
        for stream in streams:
            await stream.until(lambda stream: "QQQ" in stream.rows)
        assert len(house.hub.sockets[1]) == 1
        assert len(house.host.people[1].showings) == 1
        assert broker.watch.demand.quotes == frozenset(SYMBOLS)
        broker.price("QQQ", 450.25, 450.26)
        for stream in streams:
            await stream.until(lambda stream: stream.rows["QQQ"]["bid"] == 450.25)


@pytest.mark.process
async def test_a_curl_that_is_killed_leaves_nothing_behind_within_a_second():
    async with market() as (house, served, _):
        tasks = len(asyncio.all_tasks())
        curl = shutil.which("curl")
        assert curl is not None, "Missing: curl"
        running = await asyncio.create_subprocess_exec(
            curl, "-sN", f"{served.url}{INDICES}", stdout=asyncio.subprocess.PIPE
        )
        assert running.stdout is not None
        async with asyncio.timeout(20):
            assert b"event: connected" in await running.stdout.readuntil(b"data:")
        assert (len(house.hub.sockets[1]), len(house.hub.shares)) == (1, 1)
        running.kill()
        async with asyncio.timeout(1):
            await aeventually(lambda: not house.hub.sockets and not house.hub.shares)
            await aeventually(lambda: len(asyncio.all_tasks()) <= tasks)
        await running.wait()


@pytest.mark.parametrize("how", ["told", "looked up"])
async def test_who_signs_out_is_sent_off_and_the_others_go_on(how):
    async with market() as (house, served, broker), served.stream(INDICES) as one, served.stream(INDICES) as other:
        await one.next("connected")
        await other.next("connected")
        (socket,) = house.hub.sockets[1]
        listener = socket.clients[0]
        listener.access = listener.access._replace(session="another")
        if how == "told":
            house.allowed.add("another")
            house.hub.access_ended(1, session="another")
        said = {}
        async with asyncio.TaskGroup() as group:
            for name, stream in (("one", one), ("other", other)):
                said[name] = group.create_task(stream.next("closed", "message"))
            await aeventually(lambda: any(task.done() for task in said.values()))
            broker.price("QQQ", 1, 2)
        names = sorted(task.result()[0] for task in said.values())
        assert names == ["closed", "message"]
        assert [task.result()[1]["code"] for task in said.values() if task.result()[0] == "closed"] == [4001]


async def test_bob_sees_nothing_of_what_alices_venue_says():
    async with (
        market() as (house, served, broker),
        served.stream(INDICES) as alice,
        served.stream(INDICES, person=2) as bob,
    ):
        his = typing.cast(ListingBroker, await house.links.live(house.links.people[2][0]))
        broker.price("QQQ", 450.24, 450.26)
        await alice.until(lambda stream: "QQQ" in stream.rows)
        his.price("SPY", 1, 2)
        await bob.until(lambda stream: bool(stream.rows))
        assert bob.rows.keys() == {"SPY"}
        assert alice.rows.keys() == {"QQQ"}


async def test_more_clients_than_a_person_may_have_are_told_to_come_again():
    limits = msgspec.structs.replace(UNHURRIED, listeners_per_person=2)
    async with market(limits) as (_, served, _b), served.stream(INDICES), served.stream(INDICES):
        refused = await served.client.get(INDICES)
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_sockets")
        assert int(refused.headers["Retry-After"]) > 0


def _has(bid: int, other) -> bool:
    return bool(other.rows.get("XLE", {}).get("bid") == bid)


async def test_a_client_that_takes_nothing_keeps_nothing_waiting_and_is_let_go(monkeypatch):
    """What is news to it are names, however much has changed; who reads is told everything in the meantime."""
    monkeypatch.setattr(markets.Ten, "view", msgspec.structs.replace(markets.VIEW, pace_ms=1))
    limits = msgspec.structs.replace(UNHURRIED, send_timeout_s=0.5)
    async with market(limits) as (house, served, broker), served.stream(INDICES) as other:
        lazy = Lazy("sse")
        (socket,) = house.hub.sockets[1]
        here = list(socket.clients)
        await lazy.open(served.url, f"GET {INDICES} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        (slow,) = await aeventually(lambda: [one for one in socket.clients if one not in here])
        async with asyncio.timeout(60):
            for bid in itertools.count(1):
                for symbol in SYMBOLS:
                    broker.price(symbol, float(bid), bid + 0.02)
                await other.until(functools.partial(_has, bid))
                assert len(slow.news) <= len(SYMBOLS)
                if slow.gone.done():
                    break
        assert slow.gone.result().code == Close.TOO_SLOW
        await aeventually(lambda: slow not in socket.clients)
        lazy.socket.close()


async def test_a_desk_that_stops_tells_every_client_to_come_back():
    async with market() as (house, served, _), served.stream(INDICES) as one, served.stream(INDICES) as other:
        await one.next("connected")
        await other.next("connected")
        await house.hub.drain()
        for stream in (one, other):
            assert (await stream.next("closed"))[1]["code"] == 1012


async def test_each_failed_try_of_the_feed_is_told_then_that_it_failed_then_that_it_is_back():
    async with market() as (_house, served, broker), served.stream(INDICES) as stream:
        _, first = await stream.next("connected")
        broker.errors = [LinkLost("try 2", retry_after=0.4), LinkLost("try 3", retry_after=0.4)]
        broker.fail(LinkLost("try 1", retry_after=0.4))
        said = [await stream.next("error", "rate_limit", "failed", "connected")]
        while said[-1][0] != "connected":
            said.append(await stream.next("error", "rate_limit", "failed", "connected"))
        assert [data for name, data in said if name == "rate_limit"] == [{"retry_after": 1}] * 3
        assert [(name, data) for name, data in said if name != "rate_limit"] == [
            *(("error", {"error": f"try {n}", "retry": n, "max_retries": 3}) for n in (1, 2, 3)),
            ("failed", {"error": "try 3"}),
            ("connected", first),
        ]


async def test_a_feeder_that_falls_silent_is_told_and_so_is_its_return():
    limits = msgspec.structs.replace(UNHURRIED, deaf_s=0.5)
    async with market(limits) as (house, served, _), served.stream(INDICES) as stream:
        await stream.next("connected")
        house.cut = True
        name, data = await stream.next("error", "failed")
        assert (name, data["error"]) == ("error", "nobody feeds the board")
        house.cut = False
        assert (await stream.next("connected", "failed"))[0] == "connected"


@pytest.mark.long
async def test_a_person_without_a_link_is_told_so_after_a_while():
    async with market() as (_, served, _b), served.stream(INDICES, person=3) as stream:
        name, data = await stream.next("failed", "error")
        assert (name, "no broker is linked" in data["error"]) == ("failed", True)
