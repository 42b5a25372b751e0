"""Clients of the simulated news sources: plain HTTP with a person's keys, and the WebSocket of Alpaca's news."""

import contextlib
import typing

import feedparser
import httpx2
import msgspec
import pytest
import websockets.asyncio.client as websockets

from simulator.server import SimRunning
from tests.simulator.conftest import plain_http

Json = dict[str, typing.Any]
CONTACT = {"User-Agent": "tapedeck-tests ops@example.com"}


class Reader:
    """A person who reads news."""

    def __init__(self, venue: SimRunning, http: httpx2.AsyncClient, person: int = 0) -> None:
        self.venue = venue
        self.http = http
        self.told: Json = venue.line["news"]
        self.grant: Json = self.told["grants"][person]

    @property
    def keys(self) -> dict[str, str]:
        """What signs a request of Alpaca."""
        return {"APCA-API-KEY-ID": self.grant["key_id"], "APCA-API-SECRET-KEY": self.grant["secret_key"]}

    async def page(self, **query: typing.Any) -> Json:
        """Return a page of Alpaca's news."""
        answer = await self.http.get(self.told["alpaca"]["rest"] + "/v1beta1/news", headers=self.keys, params=query)
        assert answer.status_code == 200, answer.text
        said: Json = answer.json()
        return said

    async def finnhub(self, path: str = "/news", **query: typing.Any) -> list[Json]:
        """Return what Finnhub answers."""
        query = {"category": "general", **query} if path == "/news" else query
        query["token"] = self.grant["token"]
        answer = await self.http.get(self.told["finnhub"]["rest"] + path, params=query)
        assert answer.status_code == 200, answer.text
        said: list[Json] = answer.json()
        return said

    async def fetch(self, name: str, **headers: str) -> httpx2.Response:
        """Return the answer of a feed."""
        return await self.http.get(f"{self.told['rest']}/feeds/{name}", headers=CONTACT | headers)

    async def feed(self, name: str) -> typing.Any:
        """Return a feed as feedparser reads it. It must be well-formed."""
        answer = await self.fetch(name)
        assert answer.status_code == 200, answer.text
        read = feedparser.parse(answer.content)
        assert not read.bozo, read.bozo_exception
        return read

    @contextlib.asynccontextmanager
    async def socket(self, *symbols: str, **more: typing.Any) -> typing.AsyncIterator["Socket"]:
        """The WebSocket, signed in by headers where `symbols` are named, and subscribed to those."""
        headers = self.keys if symbols else {}
        headers = headers | more.pop("headers", {})
        url = self.told["alpaca"]["socket"]
        async with websockets.connect(
            url, proxy=None, ping_interval=None, additional_headers=headers, **more
        ) as carrier:
            socket = Socket(carrier)
            assert await socket.hear() == [{"T": "success", "msg": "connected"}]
            if symbols:
                assert await socket.hear() == [{"T": "success", "msg": "authenticated"}]
                await socket.say(action="subscribe", news=list(symbols))
                assert await socket.hear() == [{"T": "subscription", "news": sorted(symbols)}]
            yield socket


class Socket:
    """The WebSocket."""

    def __init__(self, carrier: websockets.ClientConnection) -> None:
        self.carrier = carrier

    async def say(self, **message: typing.Any) -> None:
        """Send one request."""
        await self.carrier.send(msgspec.json.encode(message).decode())

    async def hear(self) -> list[Json]:
        """Return the next message, which is an array."""
        frame = await self.carrier.recv()
        said: list[Json] = (msgspec.json if isinstance(frame, str) else msgspec.msgpack).decode(frame)
        return said

    async def item(self) -> Json:
        """Return the next item."""
        (said,) = await self.hear()
        assert said["T"] == "n"
        return said


@pytest.fixture
async def reader(venue: SimRunning) -> typing.AsyncIterator[Reader]:
    """The first person, at sources that tell only what a test has them tell."""
    async with plain_http(venue) as http:
        yield Reader(venue, http)
