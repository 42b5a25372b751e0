"""Many clients of one person who see the same: they share one socket of the hub, and what it holds.

A client here costs no view, no want and no catch-up, whatever their number: the hub sees one socket.
"""

import asyncio
import contextlib
import logging
import typing
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

import msgspec

from accounts.auth.access import Access
from brokers.contract.events import Slot
from lib.tasks import Tasks
from streaming.board.board import KEYS, Item
from streaming.limits import Limits
from streaming.sockets.shared_client import SharedClient
from streaming.sockets.socket import Socket, SocketClient
from streaming.wire import frames
from streaming.wire.frames import Close
from streaming.wire.subscription import Subscription, SubscriptionError

logger = logging.getLogger(__name__)

Slots = Mapping[Slot, Item]


class Picture(typing.Protocol):
    """What a share shows."""

    @property
    def view(self) -> Subscription:
        """What must be watched for it now."""

    def render_changes(self, slots: Slots, changed: Collection[Slot]) -> Iterable[tuple[str, str | None]]:
        """Take what is known and which of it changed; yield what is to be told by name, as ready texts.

        None is what is not told any more. The view may change meanwhile.
        """


Shown = typing.TypeVar("Shown", bound=Picture)


class _Frame(msgspec.Struct, frozen=True):
    """What of a frame is looked at here."""

    state: list[Item]
    snapshot: bool = False


class _Waiting(msgspec.Struct, frozen=True):
    """Since when nobody feeds the board, in ms."""

    since: int


_frame = msgspec.json.Decoder(_Frame)
_waiting = msgspec.json.Decoder(_Waiting)


class Joins(typing.Protocol):
    """What a share needs of its hub."""

    limits: Limits
    tasks: Tasks
    closing: bool

    def full(self, person: int) -> bool:
        """Whether `person` has as many sockets as they may."""

    def join(self, socket: Socket, view: Subscription) -> None:
        """Let a socket show `view`. Raises SubscriptionError."""

    def show(self, socket: Socket, view: Subscription) -> None:
        """Let a joined socket show `view` instead. Raises SubscriptionError."""

    def leave(self, socket: Socket, park_s: float = 0.0) -> None:
        """Forget a socket."""

    def catch_up(self, socket: Socket) -> None:
        """Ask for everything since the socket's cursor."""


class SharedSocket(Socket):
    """The one socket of many clients: the hub asks for them when it is about who may see something."""

    __slots__ = ("listeners",)

    def __init__(self, person: int) -> None:
        super().__init__(Access(person), carrier="sse")
        self.beats = False
        self.listeners: set[SharedClient] = set()

    @property
    def clients(self) -> tuple[SocketClient, ...]:
        return tuple(self.listeners)


class SharedSubscription(typing.Generic[Shown]):
    """What clients of one person see together: the slots of a view, and a ready text for each thing to be told.

    It lives from the first client to the last. `waiting` is since when nobody feeds the board (ms), None while somebody
    does; `known` is set once the board said what it has.
    """

    def __init__(self, hub: Joins, person: int, picture: Shown) -> None:
        self.socket = SharedSocket(person)
        self.picture = picture
        self.view = picture.view
        self.slots: dict[Slot, Item] = {}
        self.texts: dict[str, str] = {}
        self.waiting: int | None = None
        self.known = asyncio.Event()
        self.parked_s = 0.0
        """How long what it showed stays wanted after its last client."""
        self._hub = hub
        hub.join(self.socket, self.view)
        self._pump = hub.tasks.start(self._run(), f"share {person}")
        self.socket.gone.add_done_callback(lambda gone: self._close_clients(*gone.result()))

    def __repr__(self) -> str:
        return f"<Share {self.socket!r} {len(self.socket.listeners)} listeners {len(self.slots)} slots>"

    @property
    def listeners(self) -> set[SharedClient]:
        """Who listens."""
        return self.socket.listeners

    def refresh(self, changed: Collection[Slot] = ()) -> None:
        """Tell everybody what reads otherwise now, and watch what that takes. Raises SubscriptionError."""
        news = self._news(changed)
        try:
            if self._follow():
                news |= self._news(())
        finally:
            for listener in self.listeners:
                listener.news |= news
                listener.wake()

    def _follow(self) -> bool:
        """Watch what the picture takes. Returns whether that is another view. Raises SubscriptionError."""
        view = self.picture.view
        if view == self.view:
            return False
        self._hub.show(self.socket, view)
        self.view = view
        for slot in [slot for slot in self.slots if not view.wants(slot, slot)]:
            del self.slots[slot]
        return True

    def leave(self) -> None:
        """End it: nobody listens any more."""
        self._hub.leave(self.socket, self.parked_s)
        self._pump.cancel()

    def _close_clients(self, code: Close, reason: str) -> None:
        for listener in self.listeners:
            listener.close(code, reason)

    async def _run(self) -> None:
        try:
            async with contextlib.aclosing(self.socket.texts(self._hub.catch_up)) as texts:
                async for text in texts:
                    self._receive(text)
        except Exception:
            self.socket.close(Close.INTERNAL_ERROR, "internal error")
            raise

    def _receive(self, text: str) -> None:
        """Take one message of the hub, and wake whom it concerns."""
        match frames.kind(text):
            case "frame":
                self.waiting = None
                self.known.set()
                self.relook(self._merge(_frame.decode(text)))
            case "feed":
                self.waiting = _waiting.decode(text).since
            case "heartbeat":
                for listener in self.listeners:
                    listener.beats += 1
        for listener in self.listeners:
            listener.wake()

    def relook(self, changed: Collection[Slot] = ()) -> None:
        """Look, and go on with what was watched if another view is refused."""
        try:
            self.refresh(changed)
        except SubscriptionError as error:
            logger.info("%r shows what it did: %s", self, error.detail)

    def _merge(self, frame: _Frame) -> set[Slot]:
        """Merge what a frame brings into what is known, and return which slots that changed."""
        changed: set[Slot] = set()
        if frame.snapshot:
            changed.update(self.slots)
            self.slots.clear()
        for item in frame.state:
            kind = item["type"]
            slot = (kind, *(item[name] for name in KEYS[kind]))
            changed.add(slot)
            if item.get("gone"):
                self.slots.pop(slot, None)
            elif (known := self.slots.get(slot)) is not None:
                known.update(item)
            else:
                self.slots[slot] = item
        return changed

    def _news(self, changed: Collection[Slot]) -> dict[str, None]:
        """Write anew what `changed` concerns; return the names of what reads otherwise now."""
        news: dict[str, None] = {}
        for name, text in self.picture.render_changes(self.slots, changed):
            if text is None:
                self.texts.pop(name, None)
            elif self.texts.get(name) != text:
                self.texts[name] = text
                news[name] = None
        return news


class SharedSubscriptions:
    """The shares of one hub, by person and name."""

    def __init__(self, hub: Joins) -> None:
        self._hub = hub
        self._shares: dict[tuple[int, str], SharedSubscription[typing.Any]] = {}

    def __repr__(self) -> str:
        return f"<Shares {len(self._shares)}>"

    def __len__(self) -> int:
        return len(self._shares)

    def listeners(self, person: int) -> int:
        """Return how many clients `person` has here."""
        return sum(len(share.listeners) for (whose, _), share in self._shares.items() if whose == person)

    @contextlib.contextmanager
    def listening(
        self, access: Access, name: str, make: Callable[[], Shown]
    ) -> Iterator[tuple[SharedSubscription[Shown], SharedClient]]:
        """Let one more client see what `name` stands for; `make` makes that if nobody sees it yet.

        Raises SubscriptionError.
        """
        key = access.person, name
        limits = self._hub.limits
        if self.listeners(access.person) >= limits.listeners_per_person:
            raise SubscriptionError("too_many_sockets", f"At most {limits.listeners_per_person} open streams a person.")
        share = self._shares.get(key)
        if share is None:
            if self._hub.full(access.person):
                raise SubscriptionError(
                    "too_many_sockets", f"At most {limits.sockets_per_person} different streams a person."
                )
            share = self._shares[key] = SharedSubscription(self._hub, access.person, make())
        listener = SharedClient(access)
        listener.news = dict.fromkeys(share.texts)
        share.listeners.add(listener)
        try:
            yield share, listener
        finally:
            share.listeners.discard(listener)
            if not share.listeners and self._shares.get(key) is share:
                del self._shares[key]
                share.leave()
