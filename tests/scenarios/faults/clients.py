"""The third book: what clients were told. They come back by themselves, with their cursor, until the world ends."""

import abc
import asyncio
import json
import random
import time
import typing

import httpx
import websockets

from tests.scenarios.faults.journal import CODE
from tests.support.desk import Desk
from tests.support.plain_http import NO_TLS

KEYS = {
    "quote": ("symbol",), "day": ("symbol",), "profile": ("symbol",), "balance": ("link", "account"),
    "position": ("link", "account", "symbol"), "link": ("link",), "market": (),
    "exposure": ("environment", "underlying"), "portfolio": ("environment", "link", "account"),
}  # fmt: skip
AGAIN_S = (0.1, 0.5)
"""Between which times a client comes again; each at another moment."""
OPEN_S = 5.0
SOCKET: dict[str, typing.Any] = {
    "open_timeout": OPEN_S, "close_timeout": 1, "ping_interval": 5, "ping_timeout": 5, "max_size": None,
}  # fmt: skip
"""How a WebSocket is held. One whose other end died without a word is given up soon, as pages do."""

Message = dict[str, typing.Any]


class Claim:
    """What a client says of its feed, and for how long at worst it said LIVE while nothing came. Seconds, monotonic."""

    def __init__(self) -> None:
        self.live = False
        self.worst_s = 0.0
        self._since = 0.0
        self._proven = 0.0

    def say(self, live: bool, now: float) -> None:
        """Take what it says from now on."""
        self.look(now)
        if live and not self.live:
            self._since = now
        self.live = live

    def prove(self, now: float) -> None:
        """Something new came from the venue."""
        self.look(now)
        self._proven = now

    def look(self, now: float) -> None:
        """Note how long nothing came, if it says LIVE."""
        if self.live:
            self.worst_s = max(self.worst_s, now - max(self._proven, self._since))


class Client(abc.ABC):
    """A client of one person. It keeps the receiver's rule: what does not continue what it has is noted as broken."""

    keeps_facts = True
    """Whether it is told the facts that come while it is away."""

    def __init__(self, desk: Desk, cookie: str, symbols: typing.Sequence[str], luck: random.Random) -> None:
        self.desk = desk
        self.headers = {"Cookie": cookie}
        self.watch = {"quotes": list(symbols), "topics": ["links", "portfolio"]}
        self.claim = Claim()
        self.slots: dict[tuple[str, ...], Message] = {}
        self.epoch = ""
        self.seq = self.fact = 0
        self.lives: list[list[int]] = []
        """The numbers of the facts it was told, anew for each time it began without a cursor."""
        self.firsts: list[int] = []
        """The newest fact at the beginning of each of those."""
        self.booked: list[int] = []
        """The numbers of the journal's lines it was told."""
        self.epochs: list[str] = []
        self.broken: list[str] = []
        self.closes: list[int] = []
        self.away_s = 0.0
        """The longest time it had no connection."""
        self._left = time.monotonic()
        self._open = self._waiting = False
        self._luck = luck
        self.quotes = 0
        """How many updates of quotes it was told."""
        self.quoted_at = 0
        """When the newest quote it has changed, in ms, by the venue's clock."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.cursor} {'live' if self.claim.live else 'not live'} {self.broken[:3]}>"

    @property
    def cursor(self) -> str:
        """Where it stands; empty before its first frame."""
        return f"{self.epoch}:{self.seq}:{self.fact}" if self.epoch else ""

    async def run(self) -> None:
        """Connect, read, and come again, until cancelled."""
        while True:
            try:
                await self._live()
            except (OSError, TimeoutError, httpx.HTTPError, websockets.WebSocketException):
                pass  # what faults do to clients; how long it lasts is measured
            finally:
                self._lost()
            await asyncio.sleep(self._luck.uniform(*AGAIN_S))

    @abc.abstractmethod
    async def _live(self) -> None:
        """Connect and read until the connection ends."""

    def _came(self) -> None:
        """It is connected, and was greeted."""
        now = time.monotonic()
        if not self._open:
            self.away_s = max(self.away_s, now - self._left)
        self._open, self._waiting = True, False
        self._judge(now)

    def _lost(self) -> None:
        now = time.monotonic()
        if self._open:
            self._left = now
        self._open = False
        self._judge(now)

    def _judge(self, now: float) -> None:
        """Say what a page would: live while it is connected, fed, and its link says so."""
        links = [slot for key, slot in self.slots.items() if key[0] == "link"]
        self.claim.say(self._open and not self._waiting and any(link.get("state") == "live" for link in links), now)

    def look(self, now: float) -> None:
        """Let time pass."""
        if not self._open:
            self.away_s = max(self.away_s, now - self._left)
        self.claim.look(now)

    def begin(self, fact: int) -> None:
        """It begins without a cursor, behind this fact."""
        self.lives.append([])
        self.firsts.append(fact)

    def hear(self, message: Message) -> None:
        """Take one message of the frames' dialect."""
        if message["type"] == "welcome":
            self._came()
        elif message["type"] == "feed":
            self._waiting = message["state"] == "waiting"
            self._judge(time.monotonic())
        elif message["type"] == "frame":
            self._take(message)

    def _take(self, frame: Message) -> None:
        if not self.epoch:
            self.begin(frame["fact"] - len(frame.get("facts", ())))
        if frame.get("snapshot"):
            self.slots.clear()
        elif frame["epoch"] != self.epoch or not frame["prev"] <= self.seq <= frame["seq"]:
            self.broken.append(f"{self.cursor} was followed by {frame['epoch']}:{frame['prev']}-{frame['seq']}")
        for item in frame["state"]:
            self.keep(item)
        for fact in frame.get("facts", ()):
            self.tell(fact)
        if frame["fact"] < self.fact:
            self.broken.append(f"its facts went back from {self.fact} to {frame['fact']}")
        if frame["epoch"] != self.epoch:
            self.epochs.append(frame["epoch"])
        self.epoch, self.seq, self.fact = frame["epoch"], frame["seq"], frame["fact"]
        self._waiting = False
        self._judge(time.monotonic())

    def keep(self, item: Message) -> None:
        """Keep the state of one slot."""
        key = (item["type"], *(str(item[name]) for name in KEYS[item["type"]]))
        if item.get("gone"):
            self.slots.pop(key, None)
        else:
            self.slots.setdefault(key, {}).update(item)
        if item["type"] == "quote":
            self.quotes += 1
            self.quoted_at = max(self.quoted_at, item.get("bid_at") or 0, item.get("last_at") or 0)
            self.claim.prove(time.monotonic())

    def tell(self, fact: Message) -> None:
        """Note one fact."""
        self.lives[-1].append(fact["fact"])
        if fact.get("code") == CODE:
            self.booked.append(fact["n"])


class Frames(Client):
    """Frames over a WebSocket, acknowledged."""

    async def _live(self) -> None:
        async with websockets.connect(
            f"{self.desk.ws_url}/ws/streaming/", additional_headers=self.headers,
            subprotocols=[websockets.Subprotocol("tapedeck.v1")], **SOCKET,
        ) as socket:  # fmt: skip
            hello = {"type": "hello", "watch": self.watch, **({"cursor": self.cursor} if self.epoch else {})}
            await socket.send(json.dumps(hello))
            try:
                async for text in socket:
                    message = json.loads(text)
                    self.hear(message)
                    if message["type"] == "frame":
                        await socket.send(json.dumps({"type": "ack", "seq": message["seq"]}))
            finally:
                if socket.close_code is not None:
                    self.closes.append(socket.close_code)


class Plain(Client):
    """The plain dialect: no cursor, so that each connection begins at the newest fact."""

    keeps_facts = False
    NAMES: typing.ClassVar = {"quote_update": "quote", "link_status": "link"}

    async def _live(self) -> None:
        async with websockets.connect(
            f"{self.desk.ws_url}/ws/streaming/", additional_headers=self.headers, **SOCKET
        ) as socket:
            self.slots.clear()
            self.lives.append([])
            await socket.send(json.dumps({"type": "subscribe", "watch": self.watch}))
            self._came()
            try:
                async for text in socket:
                    self._hear_plain(json.loads(text))
            finally:
                self.closes.append(socket.close_code or 1006)

    def _hear_plain(self, message: Message) -> None:
        if "fact" in message:
            if not self.lives[-1]:
                self.firsts.append(message["fact"] - 1)
            self.tell(message)
        elif (kind := self.NAMES.get(message["type"])) is not None:
            self.keep({**message, "type": kind})
            self._judge(time.monotonic())


class Events(Client):
    """Frames as server-sent events, resumed by the last id."""

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
                    self.hear(json.loads(line[6:]))


class Polls(Client):
    """Frames by one question after the other. Between two of them it is as connected as it is during one."""

    WAIT_S = 2
    REST_S = 0.25

    async def _live(self) -> None:
        async with httpx.AsyncClient(verify=NO_TLS, headers=self.headers, timeout=OPEN_S + self.WAIT_S) as client:
            while True:
                asked = {"watch": json.dumps(self.watch), "wait_s": str(self.WAIT_S)}
                if self.epoch:
                    asked["cursor"] = self.cursor
                said = (await client.get(f"{self.desk.url}/api/stream/poll/", params=asked)).raise_for_status().json()
                self._came()
                for frame in said["frames"]:
                    self.hear(frame)
                if not said["frames"] and said["cursor"]:
                    self._stand(said["cursor"])
                self._waiting = "feed" in said
                self._judge(time.monotonic())
                await asyncio.sleep(self.REST_S)

    def _stand(self, cursor: str) -> None:
        epoch, seq, fact = cursor.rsplit(":", 2)
        if not self.epoch:
            self.begin(int(fact))
        if int(fact) < self.fact:
            self.broken.append(f"its facts went back from {self.fact} to {fact}")
        self.epoch, self.seq, self.fact = epoch, int(seq), int(fact)


class Caller:
    """Asks for a page again and again, each time on a connection of its own, and counts what was not answered."""

    def __init__(self, desk: Desk, path: str = "/health", every_s: float = 0.1) -> None:
        self.desk = desk
        self.path = path
        self.every_s = every_s
        self.answered = 0
        self.failed: list[str] = []

    async def run(self) -> None:
        """Ask until cancelled."""
        while True:
            try:
                async with httpx.AsyncClient(verify=NO_TLS, timeout=10) as client:
                    (await client.get(f"{self.desk.url}{self.path}")).raise_for_status()
                self.answered += 1
            except (httpx.HTTPError, OSError) as error:
                self.failed.append(repr(error))
            await asyncio.sleep(self.every_s)
