"""Clients of the simulated Alpaca: plain HTTP with a pair of keys, its WebSocket, and its server-sent events."""

import contextlib
import typing

import httpx2
import msgspec
import pytest
import websockets.asyncio.client as websockets

from simulator.server import SimRunning

Json = dict[str, typing.Any]


class Desk:
    """Plain HTTP to the venue with the keys of a person."""

    def __init__(self, venue: SimRunning, http: httpx2.AsyncClient, person: int = 0) -> None:
        self.venue = venue
        self.http = http
        self.told: Json = venue.line["alpaca"]
        self.grant: Json = self.told["grants"][person]

    @property
    def headers(self) -> dict[str, str]:
        """What signs a request."""
        return {"APCA-API-KEY-ID": self.grant["key_id"], "APCA-API-SECRET-KEY": self.grant["secret_key"]}

    async def ask(self, path: str, method: str = "GET", **more: typing.Any) -> httpx2.Response:
        """Ask for a path behind the address; `json` and `params` are what httpx2 takes."""
        return await self.http.request(method, self.told["rest"] + path, headers=self.headers, **more)

    async def get(self, path: str, **query: typing.Any) -> typing.Any:
        """Return what a path answers with 200."""
        answer = await self.ask(path, params=query or None)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def place(self, **form: typing.Any) -> Json:
        """Place an order that is taken."""
        answer = await self.ask("/v2/orders", "POST", json=form)
        assert answer.status_code == 200, answer.text
        placed: Json = answer.json()
        return placed

    @contextlib.asynccontextmanager
    async def updates(self, *, signed_in: bool = True, **more: typing.Any) -> typing.AsyncIterator["Updates"]:
        """The person's trade updates."""
        url = self.told["account_stream"]
        async with websockets.connect(url, proxy=None, ping_interval=None, **more) as socket:
            updates = Updates(socket)
            if signed_in:
                await updates.say("authenticate", key_id=self.grant["key_id"], secret_key=self.grant["secret_key"])
                assert (await updates.hear())["data"]["status"] == "authorized"
                await updates.say("listen", streams=["trade_updates"])
                assert (await updates.hear())["data"] == {"streams": ["trade_updates"]}
            yield updates

    @contextlib.asynccontextmanager
    async def events(self, path: str = "/v2/events/trades", **query: typing.Any) -> typing.AsyncIterator["Events"]:
        """A stream of server-sent events."""
        url = self.told["rest"] + path
        async with self.http.stream("GET", url, headers=self.headers, params=query or None) as answer:
            assert answer.status_code == 200, await answer.aread()
            assert answer.headers["content-type"] == "text/event-stream"
            yield Events(answer)


class Updates:
    """The WebSocket."""

    def __init__(self, socket: websockets.ClientConnection) -> None:
        self.socket = socket
        self.last_received_at: list[Json] = []

    async def say(self, action: str, **data: typing.Any) -> None:
        """Send one request."""
        await self.socket.send(msgspec.json.encode({"action": action, "data": data}).decode())

    async def hear(self) -> Json:
        """Return the next frame, which is binary."""
        frame = await self.socket.recv()
        assert isinstance(frame, bytes)
        said: Json = msgspec.json.decode(frame)
        self.last_received_at.append(said)
        return said

    async def until(self, event: str, order: str = "") -> Json:
        """Return the next event of a kind, of an order or of any."""
        while True:
            data: Json = (await self.hear())["data"]
            if data.get("event") == event and order in ("", data["order"]["id"]):
                return data


class Events:
    """A stream of server-sent events, comments and all."""

    def __init__(self, answer: httpx2.Response) -> None:
        self._lines = answer.aiter_lines()
        self.comments: list[str] = []
        self.last_received_at: list[Json] = []

    async def line(self) -> str | None:
        """Return the next line that is not empty. None at the end."""
        async for line in self._lines:
            if line:
                return line
        return None

    async def hear(self) -> Json | None:
        """Return the next event. None at the end."""
        while (line := await self.line()) is not None:
            if line.startswith(":"):
                self.comments.append(line)
                continue
            said: Json = msgspec.json.decode(line.removeprefix("data: "))
            self.last_received_at.append(said)
            return said
        return None

    async def until(self, event: str, order: str = "") -> Json:
        """Return the next event of a kind, of an order or of any."""
        while (said := await self.hear()) is not None:
            if said["event"] == event and order in ("", said["order"]["id"]):
                return said
        raise AssertionError(f"the stream ended before a {event}")


@pytest.fixture
async def desk(venue: SimRunning) -> typing.AsyncIterator[Desk]:
    """Plain HTTP with the first person's keys. Orders fill in parts only where a test asks for it."""
    venue.alpaca.orders.partial_share = 0.0
    async with httpx2.AsyncClient(verify=False, trust_env=False, timeout=20) as http:
        yield Desk(venue, http)
