"""The clients of clients.py at the real endpoints of a desk."""

import asyncio
import contextlib
import json

import httpx
import websockets
from websockets.exceptions import ConnectionClosed

from streaming.models import StoredFact
from streaming.wire.frames import cursor, parse_cursor
from streaming.wire.subscription import Subscription
from tests.support import databases
from tests.support.desk import Desk
from tests.support.eventually import OPEN_S
from tests.support.hub_clients import Client, known
from tests.support.plain_http import NO_TLS

WAIT_S = 2


def watch_of(view: Subscription) -> dict[str, list[str]]:
    """Return a view as a client writes it."""
    return {"quotes": sorted(view.quotes), "topics": sorted(view.topics)}


class DeskClient(Client):
    """One client of one desk."""

    def __init__(self, desk: Desk, cookie: str, view: Subscription) -> None:
        super().__init__(view)
        self.desk = desk
        self.headers = {"Cookie": cookie}

    async def show(self, view: Subscription) -> None:
        """Look at something else, which a client that sends nothing says by coming again."""
        self.view = view
        self.changed = True
        await self.resume()

    @property
    def text(self) -> str | None:
        """Its cursor as it is written."""
        return cursor(*self.cursor) if self.cursor else None

    def asked(self) -> dict[str, str]:
        """Return what its URL says."""
        return {"watch": json.dumps(watch_of(self.view)), **({"cursor": self.text} if self.text else {})}

    def differs(self, other: "DeskClient") -> object:
        """Return what it holds otherwise than `other`, and how it lives, for who looks into it."""
        mine, theirs = (lasting(known(client.slots, self.view)) for client in (self, other))
        slots = {
            slot: (mine.get(slot), theirs.get(slot))
            for slot in mine.keys() | theirs
            if mine.get(slot) != theirs.get(slot)
        }
        return type(self).__name__, self.cursor, other.cursor, slots, self._tasks

    def holds(self, other: "DeskClient") -> bool:
        """Whether it holds what `other`, who watches more, holds of this one's view."""
        mine, theirs = (known(client.slots, self.view) for client in (self, other))
        return lasting(mine) == lasting(theirs)


class Tab(DeskClient):
    """Frames over a WebSocket."""

    async def _live(self) -> None:
        address = f"{self.desk.ws_url}/ws/streaming/"
        protocols = [websockets.Subprotocol("tapedeck.v1")]
        async with websockets.connect(
            address, subprotocols=protocols, additional_headers=self.headers, open_timeout=OPEN_S
        ) as found:
            self._found = found
            hello = {"type": "hello", "watch": watch_of(self.view), "cursor": self.text}
            await found.send(json.dumps(hello))
            async for said in found:
                await self.gate.wait()
                self.take(json.loads(said))
                if self.quick and self.cursor:
                    await found.send(json.dumps({"type": "ack", "seq": self.cursor[1]}))

    async def show(self, view: Subscription) -> None:
        """Look at something else; a socket that is only opening will ask for it by itself."""
        message = {"type": "watch", "add": watch_of(view), "remove": watch_of(self.view)}
        self.view = view
        self.changed = True
        with contextlib.suppress(AttributeError, ConnectionClosed):
            await self._found.send(json.dumps(message))


class Events(DeskClient):
    """Server-sent events."""

    async def _live(self) -> None:
        address, asked = f"{self.desk.url}/sse/streaming/", self.asked()
        async with (
            httpx.AsyncClient(verify=NO_TLS, headers=self.headers, timeout=60) as client,
            client.stream("GET", address, params=asked) as answer,
        ):
            async for line in answer.aiter_lines():
                await self.gate.wait()
                if line.startswith("data: "):
                    self.take(json.loads(line[6:]))


class Polls(DeskClient):
    """Polls, one behind the other."""

    async def _live(self) -> None:
        async with httpx.AsyncClient(verify=NO_TLS, headers=self.headers, timeout=60) as client:
            while True:
                await self.gate.wait()
                asked = self.asked() | {"wait_s": str(WAIT_S)}
                answer = await client.get(f"{self.desk.url}/api/stream/poll/", params=asked)
                if answer.status_code == 429:
                    await asyncio.sleep(0.2)  # who asked too often waits, as the answer says
                    continue
                said = answer.raise_for_status().json()
                for frame in said["frames"]:
                    self.take(frame)
                if not said["frames"] and said["cursor"]:
                    self.cursor = parse_cursor(said["cursor"])
                    fact = self.cursor.fact
                    self.lives[-1].last = fact
                    if self.lives[-1].first is None:
                        self.lives[-1].first = int(fact)


def lasting(slots: dict[tuple, dict]) -> dict[tuple, dict]:
    """Leave out what changes by itself while the market stands still: when something was confirmed."""
    return {
        slot: {name: value for name, value in item.items() if not name.endswith("at") and name != "since"}
        for slot, item in slots.items()
    }


def stored_facts(desk: Desk, email: str) -> list[int]:
    """Return the numbers of a person's facts, as the database has them."""
    stored = StoredFact.objects.filter(person__email=email).order_by("number").values_list("number", flat=True)
    return list(databases.inside(databases.of(desk), lambda: list(stored)))
