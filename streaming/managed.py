"""One person's manager with those who look at its board: what they want to see, and what each view was sent."""

import asyncio

from streaming import wire
from streaming.board import KEYS, Board, Catch, Wants
from streaming.bus import Port
from streaming.clock import now_ms
from streaming.manager import UserStreamManager
from streaming.watch import View, union

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

    def __init__(self, manager: UserStreamManager, beginning: "asyncio.Task[None]") -> None:
        self.manager = manager
        self.beginning = beginning
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
