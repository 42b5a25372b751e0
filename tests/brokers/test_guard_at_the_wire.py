"""Who may not act any more once a connection is there sends nothing over it."""

import asyncio
import contextlib
import itertools
import time
import typing

import pytest

from brokers.alpaca.rest import AlpacaRest as AlpacaRest
from brokers.contract.broker import Credentials, Endpoints
from brokers.contract.errors import NotOwner
from brokers.tastytrade.session import TastytradeSession
from brokers.tradier.market_data.streams import http_stream
from brokers.tradier.rest import TradierRest as TradierRest
from brokers.tradier.stream_sessions import TradierStreamSession as TradierSession
from brokers.tradier.stream_sessions import TradierStreamSessions
from tests.support.eventually import aeventually

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"


class Venue:
    """Answers whatever it is asked, and keeps it. `connections` are those that were opened."""

    def __init__(self) -> None:
        self.connections = 0
        self.asked: list[bytes] = []

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.closing(writer):
            if head := await reader.read(65536):
                self.asked.append(head)
                writer.write(ANSWER % (b"text/event-stream" if b"/events" in head else b"application/json"))
                await writer.drain()


@pytest.fixture
async def venue() -> typing.AsyncIterator[tuple[Venue, str]]:
    there = Venue()
    async with await asyncio.start_server(there.take, "127.0.0.1", 0) as server:
        yield there, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


class Patience:
    """A guard that says yes so many times."""

    def __init__(self, times: int) -> None:
        self.left = times

    def __call__(self, deadline: int | None = None) -> None:
        self.left -= 1
        if self.left < 0:
            raise NotOwner("another process may act for this person")


async def by_tastytrade(address: str, guard: Patience) -> None:
    credentials = Credentials(client_secret="s", refresh_token="r")
    session = TastytradeSession(credentials, Endpoints(address), "simulated")
    session.guard = guard
    async with contextlib.aclosing(session._client):
        await session._client.post("/orders", json={})


async def by_tradier(address: str, guard: Patience) -> None:
    rest = TradierRest("token", address, guard)
    async with contextlib.aclosing(rest._client):
        await rest.get("/v1/user/profile")


async def by_tradiers_stream(address: str, guard: Patience) -> None:
    sessions = TradierStreamSessions(TradierRest("token", address, guard), "market")
    sessions._unused = TradierSession("id", f"{address}/v1/markets/events", time.monotonic())
    async with http_stream(address, sessions, guard, 5.0) as stream:
        await stream._read(lambda raw: None)


async def by_alpaca(address: str, guard: Patience) -> None:
    rest = AlpacaRest("id", "secret", address, guard)
    async with contextlib.aclosing(rest._client):
        await rest.get("/v2/account")


async def by_alpacas_events(address: str, guard: Patience) -> None:
    rest = AlpacaRest("id", "secret", address, guard)
    async with contextlib.aclosing(rest._client), rest.stream("/v2/events", 5.0):
        pass


@pytest.mark.parametrize("ask", [by_tastytrade, by_tradier, by_tradiers_stream, by_alpaca, by_alpacas_events])
async def test_a_guard_is_asked_again_when_nothing_but_to_send_is_left(venue, ask):
    there, address = venue
    for times in itertools.count():
        try:
            await ask(address, Patience(times))
            break
        except NotOwner:
            assert there.asked == [], f"asked {times} times it sent something"
    assert len(there.asked) == 1
    await aeventually(lambda: there.connections == 2, saying="its last word was asked over a connection, too")
