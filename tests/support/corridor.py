"""Citizens for tests of the corridor that need no venue: links in memory, and a broker that says what it is told."""

import asyncio
import itertools
import typing
import uuid
from collections.abc import Callable

import msgspec

from accounts.auth.access import Access
from accounts.links.link_info import LinkInfo
from brokers.contract.broker import Capabilities, Credentials, Renewed, Watch
from brokers.contract.events import Emit, Event, Link
from lib.clock import passed
from streaming.board.board import Board
from streaming.bus.bus import DirectPort
from streaming.host.host import Host
from streaming.hub.hub import Hub
from streaming.ledger.ledger import Database, Ledger
from streaming.limits import Limits
from streaming.ownership.lease import Lease
from streaming.sockets.credit import Credit
from streaming.sockets.socket import Socket
from streaming.wire.frames import Cursor
from streaming.wire.subscription import Subscription

database: Database | None = None
"""Where the ledger of a House is; conftest.py makes one for every test."""

QUICK = Limits(pulse_ms=5, linger_s=0.05, beacon_s=0.02, deaf_s=0.2, want_ttl_s=0.2, access_check_s=0.05)


class Info(LinkInfo, frozen=True, kw_only=True):
    """A link that need say nothing of itself."""

    venue: str = "venue"
    environment: str = "simulated"
    label: str = "main"
    default_account: str = "5WX1"
    revision: int = 1
    state: str = "idle"
    reason: str = ""
    feeds: bool = True
    id: uuid.UUID = msgspec.field(default_factory=uuid.uuid4)


class TalkingBroker:
    """A broker that streams what a test says, and breaks as a test says."""

    capabilities = Capabilities(quotes=True, accounts=True)

    def __init__(self, info: Info) -> None:
        self.info = info
        self.watch = Watch()
        self.renewed: Renewed | None = None
        self.cursors: typing.Mapping[str, str] = {}
        self.runs = 0
        self.closed = False
        self.running = asyncio.Event()
        self._emit: Emit = lambda event: None
        self._break: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def run(self, watch, emit) -> None:
        self.watch, self._emit = watch, emit
        self.runs += 1
        self._break = asyncio.get_running_loop().create_future()
        emit(Link(link=str(self.info.id), state="live"))
        self.running.set()
        try:
            await self._break
        finally:
            self.running.clear()

    def say(self, *events: Event) -> None:
        for event in events:
            self._emit(event)

    def fail(self, error: Exception) -> None:
        self._break.set_exception(error)

    async def close(self) -> None:
        self.closed = True


class SlowToClose(TalkingBroker):
    """A broker whose goodbye lasts until it is let go."""

    def __init__(self, info: Info) -> None:
        super().__init__(info)
        self.let_go = asyncio.Event()
        self.closing = False

    async def close(self) -> None:
        self.closing = True
        await self.let_go.wait()
        await super().close()


class MemoryLinks:
    """Links of people, with one talking broker each."""

    make: type[TalkingBroker] = TalkingBroker

    def __init__(self, **people: list[Info]) -> None:
        self.people = {int(name.removeprefix("p")): links for name, links in people.items()}
        self.brokers: dict[uuid.UUID, TalkingBroker] = {}
        self.recorded: list[tuple[uuid.UUID, str]] = []
        self.reasons: dict[uuid.UUID, str] = {}
        self.stored: list[tuple[uuid.UUID, Credentials]] = []
        self.replaced: list[Credentials] = []
        self.afresh = False
        """What the last of them were stored in the place of, and whether the link was to be opened anew."""
        self.failing: list[Exception] = []
        """What storing credentials breaks on, each once."""
        self._made = asyncio.Event()
        """Set when the next broker is made."""

    async def of(self, person):
        return list(self.people.get(person, []))

    async def broker(self, link):
        broker = self.brokers.get(link.id)
        if broker is None or broker.closed:
            broker = self.brokers[link.id] = self.make(link)
            made, self._made = self._made, asyncio.Event()
            made.set()
        return broker

    async def record(self, link, state, reason, delayed):
        self.recorded.append((link.id, state))
        self.reasons[link.id] = reason

    async def refreshed(self, link, at):
        self.recorded.append((link, "refreshed"))

    async def renewed(self, link, replaced, credentials, *, afresh):
        if self.failing:
            raise self.failing.pop()
        self.stored.append((link.id, credentials))
        self.replaced, self.afresh = list(replaced), afresh

    async def live(self, info: Info) -> TalkingBroker:
        """Return the broker of `info` once it runs."""
        while info.id not in self.brokers:
            await self._made.wait()
        await self.brokers[info.id].running.wait()
        return self.brokers[info.id]


class Reader:
    """A client of the hub that takes messages as fast as it is let, and holds what they say."""

    def __init__(
        self, house: "House", person: int, view: Subscription, session: str = "s", credit: Credit | None = None
    ) -> None:
        self.house = house
        self.texts: list[str] = []
        self.messages: list[dict] = []
        self.slots: dict[tuple, dict] = {}
        self.gate = asyncio.Event()
        self.gate.set()
        self._news = asyncio.Event()
        self.socket = Socket(Access(person, session, "hash"), credit)
        self.view = view

    async def _take(self, text: str) -> None:
        await self.gate.wait()
        message = msgspec.json.decode(text)
        self.texts.append(text)
        self.messages.append(message)
        if message["type"] == "frame":
            if message.get("snapshot"):
                self.slots.clear()
            for item in message["state"]:
                key = (item["type"], item.get("symbol") or item.get("account") or item.get("link"))
                if item.get("gone"):
                    self.slots.pop(key, None)
                else:
                    self.slots.setdefault(key, {}).update(item)
        self._news.set()

    def join(self, cursor=None) -> "Reader":
        self.house.hub.join(self.socket, self.view, Cursor(*cursor) if cursor else None)
        self.house.hub.tasks.start(self._write(), "writer")
        return self

    async def _write(self) -> None:
        async for text in self.socket.texts(self.house.hub.catch_up):
            await self._take(text)

    async def sending(self) -> None:
        """Wait until a message is on its way, which a closed gate holds up."""
        async with asyncio.timeout(20):
            while self.socket.sending_since is None:
                await asyncio.sleep(0)

    async def until(self, holds) -> None:
        """Wait until `holds(self)` is true."""
        async with asyncio.timeout(20):
            while not holds(self):
                self._news.clear()
                await self._news.wait()

    def of(self, kind: str) -> list[dict]:
        return [message for message in self.messages if message["type"] == kind]


class House:
    """A hub and a host in one event loop, over plain calls."""

    def __init__(
        self,
        links: MemoryLinks,
        limits: Limits = QUICK,
        taps=(),
        sinks=(),
        clock: Callable[[], float] = passed,
        companions=(),
    ) -> None:
        self.allowed: set[str] = {"s"}
        self.links = links
        self.hub = Hub(limits, self._check)
        self.ledger = Ledger(sinks, database)
        self.lease = Lease("test", lease_s=limits.lease_s, database=database, clock=clock)
        self.host = Host(
            links, limits, self.ledger, self.lease, taps, lambda: itertools.repeat(0.05), companions=companions
        )
        self.cut = False
        """Whether the hub hears nothing."""
        self.deaf = False
        """Whether the host hears nothing."""
        self._back = DirectPort(self._to_hub)
        self.hub.start(self._to_host)
        self.host.start()

    def _to_host(self, message) -> None:
        if not self.deaf:
            self.host.receive(message, self._back)

    def _to_hub(self, message) -> None:
        if not self.cut:
            self.hub.receive(message)

    async def _check(self, accesses):
        return {access for access in accesses if access.session in self.allowed}

    @property
    def board(self) -> Board | None:
        """The board of the one person whom a law is about, if they are held now."""
        managed = self.host.people.get(1)
        return None if managed is None else managed.board

    async def __aenter__(self) -> typing.Self:
        await self.host.standing.wait()
        return self

    async def __aexit__(self, *error) -> None:
        await self.hub.tasks.cancel()
        await self.host.stop()
        await self.ledger.close()
