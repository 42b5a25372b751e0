"""One conversation for each way to stream and each venue, reduced to the messages that come and their shapes.

All clients of a person watch the same. The person trades meanwhile (see `observation.py`), so that facts come too.
"""

import asyncio
import json
import typing

import httpx
import websockets
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.inventory.shapes import Shape, merge, shape_of
from tests.support.plain_http import NO_TLS

WATCH = {
    "quotes": ["QQQ", "SPY"],
    "underlyings": ["QQQ"],
    "topics": ["portfolio", "orders", "links", "market"],
}
CANDLES = {"candles": [{"symbol": "QQQ", "interval": "5m"}]}
FROM_THE_START = "no-epoch:0:0"
"""A cursor of a board that is gone: every fact follows."""
INTERVAL_MS = 200
UNKNOWN = {"type": "are you there", "ref": "one"}
TIMEOUT_S = 40.0
RARE = "feed"
"""Says that a board is not fed, which is so only where a machine is slow. The protocol's document has it."""
REFUSED = {
    "signed out": "/ws/streaming/", "a token in the URL": "/ws/streaming/?token=tdk_unknown",
    "no such path": "/ws/nowhere",
}  # fmt: skip
"""Sockets that are closed at once, by why."""


class Conversations:
    """The messages that the clients of one person receive."""

    def __init__(self, url: str, headers: dict[str, str], options: list[str]) -> None:
        self._url = url
        self._headers = headers
        self._watch = {**WATCH, "greeks": options}
        self._shapes: dict[str, dict[str, Shape]] = {}

    def found(self) -> dict[str, typing.Any]:
        """Return shapes by transport and dialect, then by message; those of state and facts apart."""
        return {name: dict(sorted(shapes.items())) for name, shapes in sorted(self._shapes.items())}

    async def listen(self) -> None:
        """Listen by every transport until this is cancelled."""
        async with asyncio.TaskGroup() as group:
            for way in (self._frames, self._plain, self._sse, self._poll):
                group.create_task(way())

    async def _frames(self) -> None:
        async with self._socket([websockets.Subprotocol("tapedeck.v1")]) as socket:
            await _send(socket, {"type": "hello", "watch": self._watch})
            await _send(socket, {"type": "watch", "add": CANDLES})
            await _send(socket, {"type": "rate", "interval_ms": INTERVAL_MS})
            await _send(socket, {"type": "ping"})
            await _send(socket, UNKNOWN)
            async for text in socket:
                message = json.loads(text)
                self._record_stream("frames", message)
                if message["type"] == "frame":
                    await _send(socket, {"type": "ack", "seq": message["seq"]})

    async def _plain(self) -> None:
        async with self._socket() as socket:
            for watch in (self._watch, CANDLES):
                await _send(socket, {"type": "subscribe", "watch": watch})
            await _send(socket, {"type": "subscribe_quotes", "symbols": ["IWM"]})
            await _send(socket, {"type": "unsubscribe_quotes", "symbols": ["IWM"]})
            await _send(socket, {"type": "unsubscribe", "watch": {"quotes": ["SPY"]}})
            await _send(socket, {"type": "ping"})
            await _send(socket, UNKNOWN)
            async for text in socket:
                message = json.loads(text)
                self._record("plain", message["type"], message)

    async def _sse(self) -> None:
        query = {"watch": json.dumps(self._watch | CANDLES), "cursor": FROM_THE_START, "interval_ms": str(INTERVAL_MS)}
        async with self._http() as client, client.stream("GET", "/sse/streaming/", params=query) as answer:
            async for line in answer.aiter_lines():
                name, _, value = line.partition(": ")
                if name == "data":
                    self._record_stream("sse", json.loads(value))
                elif name:
                    self._record("sse", f"line {name}", None)

    async def _poll(self) -> None:
        async with self._http() as client:
            view = await client.post("/api/stream/view/", json=self._watch | CANDLES)
            self._record("poll", f"stored view, {view.status_code}", view.json())
            query = {"watch": json.dumps(self._watch | CANDLES), "wait_s": "2", "cursor": FROM_THE_START}
            while True:
                answer = await client.get("/api/stream/poll/", params=query)
                message = answer.raise_for_status().json()
                for frame in message["frames"]:
                    self._record_stream("poll", frame)
                message.pop(RARE, None)
                self._record("poll", message["type"], {**message, "frames": []})
                if message["cursor"] is not None:
                    query["cursor"] = message["cursor"]
                await asyncio.sleep(INTERVAL_MS / 1000)

    def _record_stream(self, way: str, message: dict[str, typing.Any]) -> None:
        """Record a message of frames: what a frame carries has the same shape by each way, and is kept once."""
        if message["type"] == "frame":
            for part in ("state", "facts"):
                for entry in message.get(part, ()):
                    self._record(part, entry["type"], entry)
                    self._record(way, f"{part} of {entry['type']}", None)
            message = {name: [] if name in ("state", "facts") else value for name, value in message.items()}
        self._record(way, message["type"], message)

    def _record(self, way: str, name: str, message: typing.Any) -> None:
        if name == RARE:
            return
        shapes = self._shapes.setdefault(way, {})
        shape = {} if message is None else shape_of(message)
        shapes[name] = merge(shapes[name], shape) if name in shapes else shape

    def _socket(self, subprotocols: typing.Sequence[websockets.Subprotocol] = ()) -> websockets.connect:
        address = f"{self._url.replace('http', 'ws', 1)}/ws/streaming/"
        return websockets.connect(address, subprotocols=subprotocols or None, additional_headers=self._headers)

    def _http(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(verify=NO_TLS, base_url=self._url, timeout=TIMEOUT_S, headers=self._headers)


async def refusals(url: str, headers: dict[str, str]) -> dict[str, str]:
    """Return how sockets end that are not let in: by close code, or by the status of the handshake."""
    found = {}
    for why, path in REFUSED.items():
        address = f"{url.replace('http', 'ws', 1)}{path}"
        try:
            async with websockets.connect(address, additional_headers={} if why == "signed out" else headers) as socket:
                async for _ in socket:
                    pass
                found[why] = f"closed with {socket.close_code}"
        except ConnectionClosed as error:
            found[why] = f"closed with {error.rcvd.code if error.rcvd else 1006}"
        except InvalidStatus as error:
            found[why] = f"answered with {error.response.status_code}"
    return found


async def _send(socket: websockets.ClientConnection, message: dict[str, typing.Any]) -> None:
    await socket.send(json.dumps(message))
