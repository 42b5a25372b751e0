"""Clients of a hub in this process, one of each kind: they hold what they are told, and obey the receiver's rule."""

import abc
import asyncio
import contextlib
import typing

import msgspec

from accounts.auth.access import Access
from streaming.board.board import Board
from streaming.hub.hub import Hub
from streaming.sockets.credit import Credit
from streaming.sockets.socket import Socket
from streaming.wire import frames
from streaming.wire.frames import Cursor
from streaming.wire.subscription import Subscription

KEYS = {
    "quote": "symbol",
    "day": "symbol",
    "profile": "symbol",
    "link": "link",
    "quote_update": "symbol",
    "link_status": "link",
}
PLAIN = {"quote_update": "quote", "link_status": "link"}


class Life:
    """What one client was told of facts from where it began without a cursor."""

    def __init__(self) -> None:
        self.first: int | None = None
        """The newest fact when it began."""
        self.last = 0
        self.told: list[int] = []


class Client(abc.ABC):
    """Somebody who watches `view`: what was told, from where it began and whether each frame continued the last."""

    def __init__(self, view: Subscription) -> None:
        self.view = view
        self.slots: dict[tuple, dict] = {}
        self.cursor: Cursor | None = None
        self.lives = [Life()]
        self.broken: list[dict] = []
        """Frames that did not continue what it had."""
        self.quick = True
        """Whether it acknowledges at once."""
        self.changed = False
        """Whether it asked to see something else since it came."""
        self.gate = asyncio.Event()
        self.gate.set()
        self._tasks: list[asyncio.Task] = []

    @abc.abstractmethod
    async def _live(self) -> None:
        """Come with the cursor it has, and take what it is told."""

    @abc.abstractmethod
    async def show(self, view: Subscription) -> None:
        """Look at something else."""

    def open(self) -> typing.Self:
        """Come, with the cursor it has; after a changed watch, whose older values no frame of before has, for all."""
        if self.changed and self.cursor is not None:
            self.cursor = self.cursor._replace(seq=0)
        self.changed = False
        self._tasks = [asyncio.ensure_future(self._live())]
        return self

    async def close(self) -> None:
        """Leave; what was under way is lost."""
        for task in self._tasks:
            await end(task)

    async def resume(self) -> None:
        """Leave, and come again with its cursor."""
        await self.close()
        self.open()

    async def drop(self) -> None:
        """Leave, and come again as somebody new."""
        await self.close()
        self.slots, self.cursor = {}, None
        self.lives.append(Life())
        self.open()

    def obeyed(self, stored: list[int]) -> bool:
        """Whether every frame continued the one before, and every fact of `stored` came once and in order."""
        tells = "links" in self.view.topics
        return not self.broken and all(
            life.told == [n for n in stored if tells and life.first is not None and life.first < n <= life.last]
            for life in self.lives
        )

    def take(self, message: dict[str, typing.Any]) -> None:
        """Take one message."""
        if message["type"] != "frame":
            return
        epoch, mine, fact = self.cursor[:3] if self.cursor else ("", 0, 0)
        if message.get("snapshot"):
            self.slots.clear()
        elif not (message["epoch"] == epoch and message["prev"] <= mine < message["seq"]):
            self.broken.append(message)
        for item in message["state"]:
            keep(self.slots, (item["type"], item[KEYS[item["type"]]]), item)
        life = self.lives[-1]
        if life.first is None:
            life.first = message["fact"]
        life.told += [one["fact"] for one in message.get("facts", ())]
        life.last = message["fact"]
        if fact > message["fact"]:
            self.broken.append(message)
        self.cursor = Cursor(message["epoch"], message["seq"], message["fact"])


class Place(typing.Protocol):
    """Where a client in this process lives: a hub, and the board that it should hold, if anybody keeps one now."""

    @property
    def hub(self) -> Hub: ...

    @property
    def board(self) -> Board | None: ...


class HubClient(Client):
    """A client of a hub whose socket lives for long: frames with credit, or as server-sent events without."""

    def __init__(self, place: Place, view: Subscription, *, credit: bool) -> None:
        super().__init__(view)
        self.place = place
        self.credit = credit
        self.socket: Socket | None = None

    async def show(self, view: Subscription) -> None:
        """Look at something else."""
        self.view = view
        self.changed = True
        if not self.credit:  # server-sent events cannot say so: ask anew
            await self.resume()
        elif self.socket is not None:
            self.place.hub.show(self.socket, view)

    def acknowledge(self) -> None:
        """Say what arrived."""
        if self.socket is not None and self.cursor is not None:
            self.socket.acknowledge(self.cursor[1])

    @property
    def level(self) -> bool:
        """Whether it holds of its view exactly what the board holds; a missing value and an absent one are equal."""
        if (board := self.place.board) is None:
            return False
        held = {slot: board.whole(slot) or {} for kind in ("quote", "link") for slot in board.slots(kind)}
        return known(held, self.view) == known(self.slots, self.view)

    async def _live(self) -> None:
        hub = self.place.hub
        self.socket = Socket(Access(1, "s", "hash"), Credit(4, 2_000) if self.credit else None)
        hub.join(self.socket, self.view, self.cursor)
        try:
            async with contextlib.aclosing(self.socket.texts(hub.catch_up)) as texts:
                async for text in texts:
                    await self.gate.wait()
                    self.take(msgspec.json.decode(text))
                    if self.quick:
                        self.acknowledge()
        finally:
            hub.leave(self.socket)


class PlainClient(HubClient):
    """A client of the plain dialect: whole slots, facts by themselves, no cursor. It comes again when it is closed."""

    def __init__(self, place: Place, view: Subscription) -> None:
        super().__init__(place, msgspec.structs.replace(view, dialect="plain"), credit=False)

    async def resume(self) -> None:
        """Leave, and come again; without a cursor that is as somebody new."""
        await self.drop()

    async def drop(self) -> None:
        await super().close()
        self.slots = {}
        self.lives.append(Life())
        self.open()

    async def show(self, view: Subscription) -> None:
        """Look at something else, and forget the rest."""
        self.view = msgspec.structs.replace(view, dialect="plain")
        self.slots = {slot: item for slot, item in self.slots.items() if self.view.wants(slot, None)}
        if self.socket is not None:
            self.place.hub.show(self.socket, self.view)
            self.socket.forget(self.view)

    async def _live(self) -> None:
        while True:
            reading = asyncio.ensure_future(super()._live())
            await asyncio.sleep(0)
            assert self.socket is not None
            try:
                ends: set[asyncio.Future] = {reading, self.socket.gone}
                await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            finally:
                await end(reading)
            self.slots = {}
            self.lives.append(Life())

    @property
    def level(self) -> bool:
        if (board := self.place.board) is None:
            return False
        held = {
            slot: msgspec.json.decode(frames.plain(board.whole(slot) or {}) or "")
            for kind in ("quote", "link")
            for slot in board.slots(kind)
            if self.view.wants(slot, None)
        }
        return held == {slot: item for slot, item in self.slots.items() if self.view.wants(slot, None)}

    def take(self, message: dict[str, typing.Any]) -> None:
        life = self.lives[-1]
        if message["type"] in PLAIN:
            slot = (PLAIN[message["type"]], message[KEYS[message["type"]]])
            self.slots.pop(slot, None)
            keep(self.slots, slot, message)
        elif message["type"] in ("notice", "order"):
            if life.first is None:
                life.first = message["fact"] - 1
            life.told.append(message["fact"])
            life.last = message["fact"]


class PollingClient(HubClient):
    """A client that asks again and again, each time on a socket of its own."""

    def __init__(self, place: Place, view: Subscription) -> None:
        super().__init__(place, view, credit=False)

    async def _live(self) -> None:
        while True:
            await self.gate.wait()
            await self._ask()
            await asyncio.sleep(0)

    async def _ask(self) -> None:
        hub = self.place.hub
        self.socket = socket = Socket(Access(1, "s", "hash"), polled=True)
        hub.join(socket, self.view, self.cursor)
        try:
            async with asyncio.timeout(0.01), contextlib.aclosing(socket.texts(hub.catch_up)) as texts:
                self.take(msgspec.json.decode(await anext(texts)))
        except TimeoutError:
            if socket.joined:  # nothing new until there
                self.cursor = Cursor(socket.epoch, socket.seq, socket.fact or 0)
                life = self.lives[-1]
                life.first = life.last if life.first is None else life.first
                life.last = socket.fact or 0
        finally:
            hub.leave(socket, 0.02)


async def end(task: asyncio.Task) -> None:
    """Cancel a task and wait until it ended; raise what it died of. Whoever waits may be cancelled themselves."""
    task.cancel()
    await asyncio.wait([task])
    if not task.cancelled():
        task.result()


def keep(slots: dict[tuple, dict], slot: tuple, item: dict[str, typing.Any]) -> None:
    """Keep an item in its slot, or end it."""
    if item.get("gone"):
        slots.pop(slot, None)
    else:
        slots.setdefault(slot, {}).update(item)


def known(slots: dict[tuple, dict], view: Subscription) -> dict[tuple, dict]:
    """Return the values of `view` that are there."""
    return {
        slot: {name: value for name, value in item.items() if value is not None}
        for slot, item in slots.items()
        if view.wants(slot, None)
    }
