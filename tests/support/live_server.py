"""A house behind a real server in this event loop, and clients of every carrier that hold what comes."""

import asyncio
import contextlib
import json
import typing

import httpx
import httpx_sse
import websockets
from channels.routing import URLRouter
from django.urls import re_path

from accounts.auth.access import Access
from config.server.uvicorn import Server, configuration, listen
from streaming import runtime
from streaming.consumers import StreamingConsumer
from streaming.transports.backpressure import on_line
from streaming.transports.poll import poll
from streaming.transports.sse import stream
from tests.support.corridor import House
from tests.support.plain_http import NO_TLS

SSE, POLL = "/sse/streaming/", "/api/stream/poll/"
routes = URLRouter(
    [
        re_path("^ws/streaming/$", StreamingConsumer.as_asgi()),
        re_path("^sse/streaming/$", typing.cast(typing.Any, on_line(stream))),
        re_path("^api/stream/poll/$", typing.cast(typing.Any, on_line(poll))),
    ]
)


class InPlace(Server):
    """The desk's server, which here leaves the signals of the process alone."""

    @contextlib.contextmanager
    def capture_signals(self) -> typing.Iterator[None]:
        yield


class Served:
    """The carriers of a house, open to person 1 (or whom the header `X-Person` names); `async with` it."""

    routes = routes

    def __init__(self, house: House) -> None:
        self.house = house

    async def __aenter__(self) -> typing.Self:
        self._loop = asyncio.get_running_loop()
        runtime._runtimes[self._loop] = typing.cast(runtime.Runtime, self.house)
        socket = listen("127.0.0.1", 0)
        self.port = socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        config = configuration("tests.support.live_server:routes", behind_proxy=False)
        config.app, config.interface = self._app, "asgi3"
        ready = asyncio.Event()
        self.server = InPlace(config, self.house.hub.drain, ready.set)
        self._serving = asyncio.ensure_future(self.server.serve([socket]))
        self.client = httpx.AsyncClient(verify=NO_TLS, base_url=self.url, timeout=10, limits=httpx.Limits())
        await ready.wait()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.client.aclose()
        await self.stop()
        del runtime._runtimes[self._loop]

    async def stop(self) -> None:
        """Stop the server as SIGTERM does."""
        self.server.should_exit = True
        await self._serving

    async def _app(self, scope: typing.Any, receive: typing.Any, send: typing.Any) -> None:
        person = next((value.decode() for name, value in scope["headers"] if name == b"x-person"), "1")
        await self.routes({**scope, "access": Access(int(person), "s", "hash")}, receive, send)

    @contextlib.asynccontextmanager
    async def events(self, watch: dict, last: str = "", **params: typing.Any) -> typing.AsyncIterator["Events"]:
        """Open a stream of events."""
        headers = {"Last-Event-ID": last} if last else {}
        asked = {"watch": json.dumps(watch), **params}
        async with httpx_sse.aconnect_sse(self.client, "GET", SSE, params=asked, headers=headers) as source:
            source.response.raise_for_status()
            yield Events(source)

    async def poll(self, watch: dict, **params: typing.Any) -> dict:
        """Ask once."""
        answer = await self.client.get(POLL, params={"watch": json.dumps(watch), **params})
        said: dict = answer.raise_for_status().json()
        return said


class Events:
    """The events of one stream."""

    def __init__(self, source: httpx_sse.EventSource) -> None:
        self.response = source.response
        self._coming = source.aiter_sse()

    async def next(self, *names: str) -> httpx_sse.ServerSentEvent:
        """Return the next event, of these names if some are given."""
        async with asyncio.timeout(20):
            async for event in self._coming:
                if not names or event.event in names:
                    return event
        raise AssertionError(f"the stream ended before {names}")

    async def rest(self) -> list[httpx_sse.ServerSentEvent]:
        """Return everything until the end."""
        async with asyncio.timeout(20):
            return [event async for event in self._coming]


class Holder:
    """Holds what frames bring, by the rules of docs/protocol.md; a breach of them fails the test."""

    def __init__(self) -> None:
        self.slots: dict[tuple, dict] = {}
        self.facts: list[int] = []
        self.epoch = ""
        self.seq = self.fact = 0
        self.recovered: list[bool] = []

    @property
    def cursor(self) -> str:
        return f"{self.epoch}:{self.seq}:{self.fact}" if self.epoch else ""

    def take(self, frame: dict) -> None:
        """Apply one frame."""
        if frame.get("snapshot"):
            self.slots.clear()
        else:
            assert frame["epoch"] == self.epoch
            assert frame["prev"] <= self.seq
            assert frame["seq"] > self.seq or frame["fact"] > self.fact
        for item in frame["state"]:
            key = (item["type"], item.get("symbol") or item.get("account") or item.get("link"))
            if item.get("gone"):
                self.slots.pop(key, None)
            else:
                self.slots.setdefault(key, {}).update(item)
        for fact in frame.get("facts", []):
            assert fact["fact"] > (self.facts[-1] if self.facts else 0), "a fact came twice"
            self.facts.append(fact["fact"])
        self.epoch, self.seq, self.fact = frame["epoch"], frame["seq"], frame["fact"]

    async def over_events(self, served: Served, watch: dict, enough: typing.Callable[["Holder"], bool]) -> None:
        """Hold what a stream of events brings, from where one stands, until it is enough."""
        async with served.events(watch, last=self.cursor) as events:
            self.recovered.append(json.loads((await events.next("welcome")).data)["recovered"])
            while not enough(self):
                event = await events.next("frame")
                self.take(event.json())
                assert event.id == self.cursor

    async def over_polls(self, served: Served, watch: dict, enough: typing.Callable[["Holder"], bool]) -> None:
        """Hold what polls bring, from where one stands, until it is enough."""
        while not enough(self):
            said = await served.poll(watch, wait_s=2, **({"cursor": self.cursor} if self.epoch else {}))
            self.recovered.append(said["recovered"])
            for frame in said["frames"]:
                self.take(frame)
            self.epoch, seq, fact = said["cursor"].split(":")
            self.seq, self.fact = int(seq), int(fact)

    async def over_socket(self, served: Served, watch: dict, enough: typing.Callable[["Holder"], bool]) -> None:
        """Hold what a WebSocket brings, from where one stands, until it is enough."""
        hello = {"type": "hello", "watch": watch, **({"cursor": self.cursor} if self.epoch else {})}
        url = f"{served.url.replace('http', 'ws', 1)}/ws/streaming/"
        async with websockets.connect(url, subprotocols=[websockets.Subprotocol("tapedeck.v1")]) as socket:
            await socket.send(json.dumps(hello))
            self.recovered.append(json.loads(await socket.recv())["recovered"])
            while not enough(self):
                async with asyncio.timeout(20):
                    message = json.loads(await socket.recv())
                if message["type"] == "frame":
                    self.take(message)
                    await socket.send(json.dumps({"type": "ack", "seq": message["seq"]}))
