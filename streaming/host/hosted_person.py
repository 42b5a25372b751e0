"""One person's manager with those who look at its board: what they want to see, and what each view was sent."""

import asyncio
import collections
import random
import typing
from collections.abc import Sequence

from brokers.contract.events import Slot
from lib.clock import now_ms
from lib.percentiles import STALE_MS, RecentSamples, venue_time
from lib.tasks import Tasks
from streaming.board.board import KEYS, Board, Catch, Item, Wants
from streaming.bus.bus import HubPort
from streaming.bus.messages import CatchUpRequest, RpcRequest, Text
from streaming.facts import Fact
from streaming.manager.manager import UserStreamManager
from streaming.ownership.lease import OwnershipTerm
from streaming.rpc.candles import CandleQueries
from streaming.rpc.chain_cache import ChainQueries
from streaming.rpc.server import RpcServer
from streaming.telemetry.counters import HostCounts, Stamp
from streaming.wire import frames
from streaming.wire.subscription import Subscription, topic, union


class SubscriptionCursor:
    """A view that somebody looks at. `sent` and `fact` are what its last frame reached, `seen` the seq looked at."""

    __slots__ = ("due", "fact", "key", "known", "seen", "sent", "view")

    def __init__(self, key: str, view: Subscription, board: Board) -> None:
        self.key = key
        self.view = view
        self.seen = self.sent = board.seq
        self.fact = board.head
        self.due = 0.0
        self.known = _Known(view, board.primary)

    def wants(self, primary: Slot | None) -> Wants:
        """Return the test whether a slot is in this view, which remembers its answers."""
        if primary != self.known.primary:
            self.known = _Known(self.view, primary)
        return self.known.__getitem__


class _Known(dict[Slot, bool]):
    """Which slots are in a view, each worked out once."""

    def __init__(self, view: Subscription, primary: Slot | None) -> None:
        self.view = view
        self.primary = primary

    def __missing__(self, slot: Slot) -> bool:
        self[slot] = wanted = self.view.wants(slot, self.primary)
        return wanted


class HubInterest:
    """What one hub wants of one person."""

    __slots__ = ("lists", "port", "renewed", "views")

    def __init__(
        self, port: HubPort, views: dict[str, Subscription], renewed: float, lists: Sequence[str] = ()
    ) -> None:
        self.port = port
        self.views = views
        self.lists = lists
        self.renewed = renewed


CATCH_UPS = 200
"""Catch-ups that wait for the database; at the bound the oldest is forgotten, and asked for again."""
CatchUpQueue = collections.deque[tuple[CatchUpRequest, HubPort]]

ANSWERS = 32
"""Answers of one flush that are kept for who asks the same; at the bound the oldest is let go, and made again."""


class HostedPerson:
    """A manager with those who look at its board. What they ask is answered once the person is `owned` here."""

    beginning: "asyncio.Task[None]"

    def __init__(self, manager: UserStreamManager, counts: HostCounts, tasks: Tasks) -> None:
        self.manager = manager
        self.counts = counts
        finders = ChainQueries(manager, tasks).finders | CandleQueries(manager, tasks).finders
        self.answering = RpcServer({**finders, **manager.finders}, tasks)
        self.from_venue = RecentSamples(128)
        """How old the newest updates were by the venue's own clock when they came in, in ms."""
        self.stamp_at = 0.0
        self.wants: dict[str, HubInterest] = {}
        self.showings: dict[str, SubscriptionCursor] = {}
        self.unwanted_since: float | None = None
        self.tenure: OwnershipTerm | None = None
        """The right to this person, once they are owned here."""
        self.links: int | None = None
        """The number of the person's links when they were last told to be read, as the heartbeat found it."""
        self.needed = False
        """Whether the person is to be watched although no socket shows them."""
        self.dirty = False
        """Whether something is to be sent that was not yet."""
        self.pulse: asyncio.Handle | None = None
        """The next look at the board; None while it rests."""
        self.asks: collections.deque[tuple[CatchUpRequest | RpcRequest, HubPort]] = collections.deque(maxlen=CATCH_UPS)
        """Catch-ups and questions that wait until the person is owned here."""
        self.reading: dict[int, CatchUpQueue] = {}
        """Catch-ups that wait for a page of facts, by the number it begins after."""
        self.flushed_at = 0
        self._answers: dict[tuple[str, str, int, int, int], CatchUpAnswer] = {}

    @property
    def board(self) -> Board:
        return self.manager.board

    @property
    def owned(self) -> bool:
        """Whether the person is owned here."""
        return self.tenure is not None

    def own(
        self, tenure: OwnershipTerm, boot: str, head: int, newest: Sequence[Fact], cursors: dict[str, dict[str, str]]
    ) -> None:
        """Know that the person is owned here, and that nobody was shown anything of this board before."""
        self.manager.own(tenure.epoch, boot, head, newest, cursors, tenure)
        self.tenure = tenure
        self.showings.clear()
        self.reconsider()

    def wants_of(self, view: Subscription) -> Wants:
        """Return the test whether a slot of this board is in `view`."""
        primary = self.board.primary
        return lambda slot: view.wants(slot, primary)

    def reconsider(self) -> None:
        """Work out anew which views are shown, and what the feed must bring for them.

        While nobody looks (a page change) the feed goes on as it was, until the manager's linger is over.
        """
        views = {key: view for want in self.wants.values() for key, view in want.views.items()}
        self.showings = {
            key: self.showings.get(key) or SubscriptionCursor(key, view, self.board) for key, view in views.items()
        }
        self.manager.set_insighted(frozenset().union(*(view.insighted for view in views.values())))
        if views:
            self.manager.lists = frozenset(name for want in self.wants.values() for name in want.lists)
            self.manager.set_demand(union(views.values()))

    def expire(self, now: float, ttl_s: float) -> None:
        """Forget what hubs of other processes want that they did not say again for `ttl_s`. `now` in s, monotonic."""
        expired = [hub for hub, want in self.wants.items() if not want.port.local and now - want.renewed > ttl_s]
        for hub in expired:
            del self.wants[hub]
        if expired:
            self.reconsider()
            self.unwanted_since = None if self.wants else now

    def answer(
        self, view: Subscription, had: Subscription | None, cursor: int, facts: list[Item], fact: int
    ) -> "CatchUpAnswer":
        """Return everything newer than `cursor`, and `facts` up to number `fact`; equal asks of one flush share it."""
        key = (view.key, had.key if had else "", cursor, facts[0]["fact"] if facts else 0, fact)
        if self.flushed_at != self.board.seq:
            self._answers.clear()
            self.flushed_at = self.board.seq
        if key not in self._answers:
            catch = self.board.since(cursor, self.wants_of(view), self.wants_of(had) if had else None)
            told = [one for one in facts if view.tells(one)]
            empty = not catch.items and not told and not catch.snapshot
            updates, text = len(catch.items) + len(told), encode(self.board, view, catch, told, fact)
            if len(self._answers) >= ANSWERS:
                del self._answers[next(iter(self._answers))]
            self._answers[key] = CatchUpAnswer(catch.prev, empty, updates, text)
        return self._answers[key]

    def stamp(self, items: list[Item], now: float) -> Stamp | None:
        """Return the times of one of the live `items`, now and then, so that its way can be measured.

        `now` in s, monotonic. It is the first item: the one that has waited longest for this flush.
        """
        if now < self.stamp_at or not items or (at := items[0].get("at")) is None:
            return None
        self.stamp_at = now + self.counts.stamp_s * random.uniform(0.8, 1.2)  # no period may hide in it
        venue = venue_time(items[0])
        if venue is not None and at - venue <= STALE_MS:
            self.from_venue.add(at - venue)
            self.counts.from_venue.add(at - venue)
        return Stamp(topic(items[0]["type"]), venue, at)


class CatchUpAnswer(typing.NamedTuple):
    """What a socket that is behind is sent: the seq it starts after, whether it says nothing new, and the text."""

    prev: int
    empty: bool
    updates: int
    text: Text


def encode(board: Board, view: Subscription, catch: Catch, facts: list[Item], fact: int) -> Text:
    """Write what one view is sent, in its dialect. `fact` is the number of the newest fact that it covers."""
    if view.dialect == "frames":
        return frames.frame(board.epoch, catch, facts, fact, now_ms())
    texts = []
    for item in catch.items:
        slot = (item["type"], *(item[name] for name in KEYS[item["type"]]))
        if (text := frames.plain(board.whole(slot) or item)) is not None:
            texts.append(("|".join(slot), text))
    texts += [(f"{frames.FACT}|{one['fact']}", frames.dumps(one)) for one in facts]
    return texts
