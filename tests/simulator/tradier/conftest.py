"""Clients of the simulated Tradier: plain HTTP with a token, and the market stream."""

import contextlib
import typing

import httpx2
import msgspec
import pytest
import websockets.asyncio.client as websockets

from simulator.server import SimRunning

Json = dict[str, typing.Any]


class Desk:
    """Plain HTTP to the venue with one of a person's tokens, asking for JSON."""

    def __init__(self, venue: SimRunning, http: httpx2.AsyncClient, person: int = 0) -> None:
        self.venue = venue
        self.http = http
        self.told: Json = venue.line["tradier"]
        self.person = person

    @property
    def grant(self) -> Json:
        """The person's live grant."""
        grant: Json = self.told["grants"][self.person]
        return grant

    @property
    def sandbox(self) -> Json:
        """The person's grant in the sandbox."""
        grants: list[Json] = self.told["grants"]
        return grants[len(grants) // 2 + self.person]

    async def ask(self, path: str, token: str = "", method: str = "GET", **parameters: typing.Any) -> httpx2.Response:
        """Ask, with a token; what goes with a POST or a PUT is a form."""
        headers = {"Authorization": f"Bearer {token or self.grant['data_token']}", "Accept": "application/json"}
        if method in ("POST", "PUT"):
            return await self.http.request(method, path, headers=headers, data=parameters or None)
        return await self.http.request(method, path, headers=headers, params=parameters or None)

    async def get(self, path: str, token: str = "", **query: typing.Any) -> Json:
        """Return what a path answers with 200."""
        answer = await self.ask(path, token, **query)
        assert answer.status_code == 200, answer.text
        body: Json = answer.json()
        return body

    async def mint(self, kind: str = "markets", token: str = "") -> Json:
        """Return a new session, and where it is good."""
        answer = await self.ask(f"/v1/{kind}/events/session", token, "POST")
        assert answer.status_code == 200, answer.text
        stream: Json = answer.json()["stream"]
        return stream

    @contextlib.asynccontextmanager
    async def market(self, *symbols: str, session: str = "", **more: typing.Any) -> typing.AsyncIterator["Stream"]:
        """A market stream over WebSocket that asked for symbols, if there are any."""
        async with websockets.connect(self.told["market_socket"], proxy=None, ping_interval=None) as socket:
            stream = Stream(socket, session or (await self.mint())["sessionid"])
            if symbols:
                await stream.show(*symbols, **more)
            yield stream

    @contextlib.asynccontextmanager
    async def account(self, session: str = "", url: str = "", **more: typing.Any) -> typing.AsyncIterator["Events"]:
        """The account stream of the person."""
        async with websockets.connect(url or self.told["account_stream"], proxy=None, ping_interval=None) as socket:
            asked = {"events": ["order"], "sessionid": session or (await self.mint("accounts"))["sessionid"], **more}
            await socket.send(msgspec.json.encode(asked).decode())
            yield Events(socket)

    async def place(self, account: str = "6YA00001", **form: typing.Any) -> int:
        """Place an order that is taken, and return its id."""
        answer = await self.ask(f"/v1/accounts/{account}/orders", self.grant["trading_token"], "POST", **form)
        assert answer.status_code == 200, answer.text
        assert answer.json()["order"]["status"] == "ok", answer.text
        number: int = answer.json()["order"]["id"]
        return number

    async def order(self, number: int, account: str = "6YA00001", **query: str) -> Json:
        """Return an order as it is now."""
        found: Json = (await self.get(f"/v1/accounts/{account}/orders/{number}", **query))["order"]
        return found


class Events:
    """The account stream."""

    def __init__(self, socket: websockets.ClientConnection) -> None:
        self.socket = socket
        self.last_received_at: list[Json] = []

    async def hear(self) -> Json:
        """Return the next frame."""
        said: Json = msgspec.json.decode(await self.socket.recv())
        self.last_received_at.append(said)
        return said

    async def until(self, status: str, number: int = 0) -> Json:
        """Return the next event of an order, or of any, in a state."""
        while True:
            said = await self.hear()
            if said.get("status") == status and number in (0, said.get("id")):
                return said


class Stream:
    """A market stream over WebSocket."""

    def __init__(self, socket: websockets.ClientConnection, session: str) -> None:
        self.socket = socket
        self.session = session

    async def show(self, *symbols: str, **more: typing.Any) -> None:
        """Ask for symbols, and no others, from now on."""
        asked = {"symbols": symbols, "sessionid": self.session, "linebreak": True, **more}
        await self.socket.send(msgspec.json.encode(asked).decode())

    async def hear(self) -> list[Json]:
        """Return the objects of the next frame."""
        return [msgspec.json.decode(line) for line in str(await self.socket.recv()).splitlines()]

    async def until(self, kind: str, symbol: str = "") -> Json:
        """Return the next object of a type, of a symbol or of any."""
        while True:
            for said in await self.hear():
                if said["type"] == kind and symbol in ("", said["symbol"]):
                    return said


@pytest.fixture
async def desk(venue: SimRunning) -> typing.AsyncIterator[Desk]:
    """Plain HTTP with the first person's token for data."""
    async with httpx2.AsyncClient(base_url=venue.rest, verify=False, trust_env=False) as http:
        yield Desk(venue, http)
