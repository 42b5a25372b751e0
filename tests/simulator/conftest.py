"""A venue of one's own for each test, and clients of it: the unmodified SDK, plain HTTP, raw DXLink."""

import contextlib
import typing

import httpx2
import msgspec
import pytest
import websockets.asyncio.client as websockets
from tastytrade import Session

from simulator.server import SimRunning, running
from tests.brokers.conftest import _clean_layer as _clean_layer
from tests.simulator.dxlink_client import Client, connect

AGENT = {"User-Agent": "tapedeck-tests/1"}


def plain_http(venue: SimRunning) -> httpx2.AsyncClient:
    """An HTTP client of a venue, with a User-Agent. It needs no TLS context, which would cost 20 ms."""
    return httpx2.AsyncClient(base_url=venue.rest, headers=AGENT, verify=False, trust_env=False)


class Door:
    """Plain HTTP to a venue, signed in or not."""

    def __init__(self, venue: SimRunning, http: httpx2.AsyncClient) -> None:
        self.venue = venue
        self.http = http

    def grant(self, person: int = 0) -> dict[str, typing.Any]:
        """The grant of a person, as the venue tells it."""
        grant: dict[str, typing.Any] = self.venue.line["tastytrade"]["grants"][person]
        return grant

    async def refresh(self, person: int = 0, **changes: str) -> httpx2.Response:
        """Ask for an access token."""
        grant = self.grant(person)
        body = {"client_secret": grant["client_secret"], "refresh_token": grant["refresh_token"]}
        return await self.http.post("/oauth/token", json={"grant_type": "refresh_token"} | body | changes)

    async def sign_in(self, person: int = 0) -> str:
        """Sign in, and send the token from now on."""
        token: str = (await self.refresh(person)).json()["access_token"]
        self.http.headers["Authorization"] = f"Bearer {token}"
        return token

    async def get(self, path: str, **query: typing.Any) -> typing.Any:
        """Return the `data` of a path that must answer 200."""
        answer = await self.http.get(path, params=query or None)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    @contextlib.asynccontextmanager
    async def dxlink(self, **options: typing.Any) -> typing.AsyncIterator[Client]:
        """A raw DXLink client, signed in."""
        granted = await self.get("/api-quote-tokens")
        async with connect(granted["dxlink-url"], **options) as client:
            await client.sign_in(granted["token"])
            yield client

    @contextlib.asynccontextmanager
    async def alerts(self, token: str, *accounts: str) -> typing.AsyncIterator["Alerts"]:
        """A raw account-stream client, connected to these accounts."""
        url = self.venue.line["tastytrade"]["account_stream"]
        async with websockets.connect(url, proxy=None, ping_interval=None) as socket:
            client = Alerts(socket, token)
            if accounts:
                await client.say("connect", value=list(accounts))
                assert (await client.hear())["status"] == "ok"
            yield client


class Alerts:
    """A raw account-stream client."""

    def __init__(self, socket: websockets.ClientConnection, token: str) -> None:
        self.socket = socket
        self.token = token
        self.number = 0

    async def say(self, action: str, **more: typing.Any) -> None:
        """Send one request with the next request-id."""
        self.number += 1
        request = {"action": action, "auth-token": f"Bearer {self.token}", "request-id": self.number, **more}
        await self.socket.send(msgspec.json.encode(request).decode())

    async def hear(self) -> dict[str, typing.Any]:
        """Return the next message."""
        message: dict[str, typing.Any] = msgspec.json.decode(await self.socket.recv())
        return message

    async def until(self, kind: str) -> dict[str, typing.Any]:
        """Return the next notification of a type."""
        while (message := await self.hear()).get("type") != kind:
            pass
        return message


@pytest.fixture
async def venue() -> typing.AsyncIterator[SimRunning]:
    """A venue that runs in this event loop."""
    async with running() as venue:
        yield venue


@pytest.fixture
async def door(venue: SimRunning) -> typing.AsyncIterator[Door]:
    """Plain HTTP to it, with a User-Agent but not signed in."""
    async with plain_http(venue) as http:
        yield Door(venue, http)


@pytest.fixture
async def alice(door: Door) -> Door:
    """Plain HTTP to it, signed in as the first person."""
    await door.sign_in()
    return door


@pytest.fixture
async def session(venue: SimRunning, monkeypatch: pytest.MonkeyPatch) -> typing.AsyncIterator[Session]:
    """The SDK's own session of the first person. Nothing of the SDK is replaced but its base addresses."""
    monkeypatch.setattr("tastytrade.session.API_URL", venue.rest)
    monkeypatch.setattr("tastytrade.streamer.STREAMER_URL", venue.line["tastytrade"]["account_stream"])
    grant = venue.line["tastytrade"]["grants"][0]
    async with Session(grant["client_secret"], grant["refresh_token"], verify=False, trust_env=False) as session:
        yield session
