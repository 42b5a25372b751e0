"""Clients that keep every fact they were told, and come again with their cursor whenever they lose their connection."""

import decimal
import json
import random

import httpx
import websockets

from tests.scenarios.faults.clients import OPEN_S, SOCKET, Client, Message
from tests.scenarios.three_books.comparing import Fact
from tests.support.desk import Desk
from tests.support.plain_http import NO_TLS

TOPICS = ["links", "orders"]
"""What every fact there is comes by."""


def read(text: str) -> Message:
    """Read JSON with exact numbers."""
    found: Message = json.loads(text, parse_float=decimal.Decimal)
    return found


class Keeper(Client):
    """Keeps facts whole."""

    def __init__(self, desk: Desk, cookie: str, luck: random.Random) -> None:
        super().__init__(desk, cookie, [], luck)
        self.watch = {"topics": TOPICS}
        self.told: list[Fact] = []

    def tell(self, fact: Message) -> None:
        """Keep one fact."""
        super().tell(fact)
        self.told.append(fact)


class SocketKeeper(Keeper):
    """By a WebSocket."""

    async def _live(self) -> None:
        async with websockets.connect(
            f"{self.desk.ws_url}/ws/streaming/", additional_headers=self.headers,
            subprotocols=[websockets.Subprotocol("tapedeck.v1")], **SOCKET,
        ) as socket:  # fmt: skip
            hello = {"type": "hello", "watch": self.watch, **({"cursor": self.cursor} if self.epoch else {})}
            await socket.send(json.dumps(hello))
            async for text in socket:
                message = read(str(text))
                self.hear(message)
                if message["type"] == "frame":
                    await socket.send(json.dumps({"type": "ack", "seq": message["seq"]}))


class EventsKeeper(Keeper):
    """By server-sent events."""

    async def _live(self) -> None:
        asked = {"watch": json.dumps(self.watch), **({"cursor": self.cursor} if self.epoch else {})}
        timeout = httpx.Timeout(OPEN_S, read=40)
        async with (
            httpx.AsyncClient(verify=NO_TLS, headers=self.headers, timeout=timeout) as client,
            client.stream("GET", f"{self.desk.url}/sse/streaming/", params=asked) as answer,
        ):
            answer.raise_for_status()
            async for line in answer.aiter_lines():
                if line.startswith("data: "):
                    self.hear(read(line[6:]))
