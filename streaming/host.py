"""Owns the managers of this process and their pulse: drains dirty boards, encodes each view once, hands frames to hubs.

A board that becomes dirty while the host is idle is flushed at the end of the same turn of the event loop; from
then on at most once per pulse. A lone tick travels at once, a burst costs one flush.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable, Sequence

import msgspec

from brokers import backoff
from streaming import wire
from streaming.board import KEYS, Board, Catch, Wants
from streaming.bus import Message, Port
from streaming.clock import now_ms
from streaming.limits import Limits
from streaming.links import Links
from streaming.manager import Tap, UserStreamManager
from streaming.tasks import Tasks
from streaming.watch import View, union

logger = logging.getLogger(__name__)

Text = str | list[tuple[str, str]]
"""What one view is sent: a frame, or for the plain dialect the slots' names with one ready text each."""


class Showing:
    """A view that somebody looks at. `sent` is the seq its last frame reached, `seen` the seq it was looked at."""

    __slots__ = ("due", "key", "seen", "sent", "view")

    def __init__(self, key: str, view: View, seq: int) -> None:
        self.key = key
        self.view = view
        self.seen = self.sent = seq
        self.due = 0.0


class Want:
    """What one hub wants of one person."""

    __slots__ = ("port", "renewed", "views")

    def __init__(self, port: Port, views: dict[str, View], renewed: float) -> None:
        self.port = port
        self.views = views
        self.renewed = renewed


class Managed:
    """A manager with those who look at its board."""

    def __init__(self, manager: UserStreamManager) -> None:
        self.manager = manager
        self.wants: dict[str, Want] = {}
        self.showings: dict[str, Showing] = {}
        self.unwanted_since: float | None = None
        self.flushed_at = 0
        self._answers: dict[tuple[str, str, int], tuple[int, Text]] = {}

    @property
    def board(self) -> Board:
        return self.manager.board

    def wants_of(self, view: View) -> Wants:
        """Return the test whether a slot of this board is in `view`."""
        primary = self.board.primary
        return lambda slot: view.wants(slot, primary)

    def reconsider(self) -> None:
        """Work out anew which views are shown, and what the feed must bring for them.

        While nobody looks (a page change) the feed goes on as it was, until the manager's linger is over.
        """
        views = {key: view for want in self.wants.values() for key, view in want.views.items()}
        self.showings = {
            key: self.showings.get(key) or Showing(key, view, self.board.seq) for key, view in views.items()
        }
        if views:
            self.manager.want(union(views.values()))

    def answer(self, view: View, had: View | None, cursor: int) -> tuple[int, Text]:
        """Return (seq it starts after, text) of everything newer than `cursor`; equal asks of one flush share it."""
        self.board.flush(now_ms())
        key = (view.key, had.key if had else "", cursor)
        if self.flushed_at != self.board.seq:
            self._answers.clear()
            self.flushed_at = self.board.seq
        if key not in self._answers:
            catch = self.board.since(cursor, self.wants_of(view), self.wants_of(had) if had else None)
            self._answers[key] = (catch.prev, encode(self.board, view, catch))
        return self._answers[key]


def encode(board: Board, view: View, catch: Catch) -> Text:
    """Write what one view is sent, in its dialect."""
    if view.dialect == "frames":
        return wire.frame(board.epoch, catch, 0, now_ms())
    texts = []
    for item in catch.items:
        slot = (item["type"], *(item[name] for name in KEYS[item["type"]]))
        if (text := wire.plain(board.whole(slot) or item)) is not None:
            texts.append(("|".join(slot), text))
    return texts


class Host:
    """The managers of this process. All its methods belong to one event loop."""

    def __init__(
        self,
        links: Links,
        limits: Limits,
        taps: Sequence[Tap] = (),
        waits: Callable[[], backoff.Delays] = backoff.delays,
    ) -> None:
        self.links = links
        self.limits = limits
        self.taps = taps
        self.waits = waits
        self.people: dict[int, Managed] = {}
        self.tasks = Tasks("host")
        self._boot = secrets.token_hex(2)
        self._dirty: set[int] = set()
        self._leaving: dict[int, asyncio.Task[None]] = {}
        self._pulse: asyncio.Handle | None = None
        self._loop = asyncio.get_running_loop()

    def __repr__(self) -> str:
        return f"<Host {len(self.people)} people {len(self._dirty)} dirty>"

    def start(self) -> None:
        """Begin the beacon."""
        self.tasks.supervise(self._beacon, "beacon")

    async def stop(self) -> None:
        """Stop every manager; their venue connections are closed when this returns."""
        for person in list(self.people):
            self._release(person)
        if self._leaving:
            await asyncio.wait(self._leaving.values())
        await self.tasks.cancel()
        if self._pulse is not None:
            self._pulse.cancel()

    def links_changed(self, person: int) -> None:
        """A link of `person` was added, re-linked or removed."""
        if (managed := self.people.get(person)) is not None:
            managed.manager.links_changed()

    # What hubs say

    def receive(self, message: Message, port: Port) -> None:
        """Take one message of the hub behind `port`."""
        person = int(message["person"])
        if message["kind"] == "want":
            self._want(person, message, port)
        elif message["kind"] == "catch_up":
            self._catch_up(person, message, port)
        else:
            raise AssertionError(f"unknown kind of message: {message['kind']}")

    def _want(self, person: int, message: Message, port: Port) -> None:
        views = {key: msgspec.convert(view, View) for key, view in message["views"].items()}
        managed = self.people.get(person)
        if managed is None:
            if not views:
                return
            managed = self._take(person)
        before = managed.wants.get(message["hub"])
        if views:
            managed.wants[message["hub"]] = Want(port, views, self._loop.time())
        else:
            managed.wants.pop(message["hub"], None)
        if before is None or before.views != views:
            managed.reconsider()
        managed.unwanted_since = None if managed.wants else self._loop.time()

    def _take(self, person: int) -> Managed:
        """Start the manager of `person` here."""
        epoch = f"1-{self._boot}"
        manager = UserStreamManager(person, epoch, self.links, self._changed, self.taps, self.waits)
        managed = self.people[person] = Managed(manager)
        self.tasks.start(self._begin(manager, self._leaving.get(person)), f"begin {person}")
        return managed

    async def _begin(self, manager: UserStreamManager, leaving: "asyncio.Task[None] | None") -> None:
        """Start a manager, after the person's former one has closed its venue connections."""
        if leaving is not None:
            await asyncio.wait([leaving])
        manager.start()

    def _catch_up(self, person: int, message: Message, port: Port) -> None:
        managed = self.people.get(person)
        if managed is None:
            return
        view = msgspec.convert(message["view"], View)
        had = msgspec.convert(message["had"], View) if message["had"] else None
        board = managed.board
        known = message["epoch"] == board.epoch
        board.flush(now_ms())
        recovered = known and board.floor <= message["seq"] <= board.seq and message["seq"] > 0
        if message["had"] and message["seq"] == board.seq:
            board.advance()
        prev, text = managed.answer(view, had if recovered else None, message["seq"] if recovered else 0)
        port.send(
            {
                "kind": "caught",
                "person": str(person),
                "ask": message["ask"],
                "epoch": board.epoch,
                "recovered": recovered,
                "prev": prev,
                "seq": board.seq,
                "fact": 0,
                "text": text,
            }
        )

    # The pulse

    def _changed(self, manager: UserStreamManager) -> None:
        self._dirty.add(manager.person)
        if self._pulse is None:
            self._pulse = self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        """Flush every dirty board; come back after a pulse if that had anything to do."""
        dirty, self._dirty = self._dirty, set()
        self._pulse = self._loop.call_later(self.limits.pulse_ms / 1000, self._flush) if dirty else None
        for person in dirty:
            managed = self.people.get(person)
            if managed is not None and self._send(managed):
                self._dirty.add(person)

    def _send(self, managed: Managed) -> bool:
        """Send each view of a board what is new. Returns whether a view's pace holds something back."""
        board = managed.board
        board.flush(now_ms())
        held = False
        frames: dict[str, list[object]] = {}
        for showing in managed.showings.values():
            if showing.seen == board.seq or showing.view.pace_ms is None:
                continue
            if self._loop.time() < showing.due:
                held = True
                continue
            catch = board.since(showing.seen, managed.wants_of(showing.view))
            showing.seen = board.seq
            if not catch.items:
                continue
            frames[showing.key] = [
                showing.sent,
                board.seq,
                encode(board, showing.view, catch._replace(prev=showing.sent)),
            ]
            showing.sent = board.seq
            showing.due = self._loop.time() + showing.view.pace_ms / 1000
        if frames:
            self._hand_out(managed, frames)
        return held

    def _hand_out(self, managed: Managed, frames: dict[str, list[object]]) -> None:
        """Send one envelope to each hub that shows any of `frames`."""
        for want in managed.wants.values():
            views = {key: frames[key] for key in want.views if key in frames}
            if views:
                want.port.send(
                    {
                        "kind": "frames",
                        "person": str(managed.manager.person),
                        "epoch": managed.board.epoch,
                        "fact": 0,
                        "views": views,
                    }
                )

    # Beacon and lifetime

    async def _beacon(self) -> None:
        """Say every 2 s who is fed here, forget wants that were not renewed, stop managers nobody wants."""
        while True:
            await asyncio.sleep(self.limits.beacon_s)
            now = self._loop.time()
            for person, managed in list(self.people.items()):
                self._expire(managed, now)
                if managed.unwanted_since is not None and now - managed.unwanted_since >= self.limits.linger_s:
                    self._release(person)
            for hub, (port, people) in self._audience().items():
                port.send({"kind": "beacon", "hub": hub, "people": people})

    def _expire(self, managed: Managed, now: float) -> None:
        expired = [
            hub
            for hub, want in managed.wants.items()
            if not want.port.local and now - want.renewed > self.limits.want_ttl_s
        ]
        for hub in expired:
            del managed.wants[hub]
        if expired:
            managed.reconsider()
            managed.unwanted_since = None if managed.wants else now

    def _audience(self) -> dict[str, tuple[Port, dict[str, list[object]]]]:
        """Return, for each hub, its port and where the boards of its people stand."""
        audience: dict[str, tuple[Port, dict[str, list[object]]]] = {}
        for person, managed in self.people.items():
            for hub, want in managed.wants.items():
                people = audience.setdefault(hub, (want.port, {}))[1]
                people[str(person)] = [managed.board.epoch, managed.board.seq, 0]
        return audience

    def _release(self, person: int) -> None:
        logger.info("nobody watches user %s any more; closing their venue connections", person)
        managed = self.people.pop(person)
        task = self._leaving[person] = self.tasks.start(managed.manager.stop(), f"stop {person}")
        task.add_done_callback(lambda _: self._leaving.pop(person, None))
