"""The pulse of a host: drains dirty boards, encodes each view once, hands frames to hubs.

A board that becomes dirty while it rests is flushed at the end of the same turn of the event loop; from then on at most
once per pulse. A lone tick travels at once, a burst costs one flush.
"""

import asyncio
import logging

from lib.clock import now_ms
from streaming.board.board import Board, Catch, Item
from streaming.bus.messages import Entry, FrameBatch
from streaming.host.hosted_person import HostedPerson, SubscriptionCursor, encode
from streaming.limits import Limits
from streaming.manager.manager import UserStreamManager
from streaming.telemetry.counters import Stamp

logger = logging.getLogger(__name__)


class Pulse:
    """Sends the news of `people`, who come and go."""

    def __init__(self, people: dict[int, HostedPerson], limits: Limits) -> None:
        self.people = people
        self.limits = limits
        self._loop = asyncio.get_running_loop()

    def changed(self, manager: UserStreamManager) -> None:
        """The board of `manager` turned dirty."""
        managed = self.people.get(manager.person)
        if managed is None:
            return
        managed.dirty = True
        if managed.pulse is None:
            managed.pulse = self._loop.call_soon(self._flush, managed)

    def _flush(self, managed: HostedPerson) -> None:
        """Flush a board if it is dirty, and come back after a pulse if it was."""
        if managed.dirty and self.people.get(managed.manager.person) is managed:
            managed.pulse = self._loop.call_later(self.limits.pulse_ms / 1000, self._flush, managed)
            managed.dirty = self._sent(managed)
        else:
            managed.pulse = None

    def _sent(self, managed: HostedPerson) -> bool:
        """Send one person's news; trouble with it is theirs alone. Returns whether a pace holds something back."""
        try:
            return self._send(managed)
        except Exception:
            logger.exception("%r: its news could not be sent", managed.manager)
            return False

    def _send(self, managed: HostedPerson) -> bool:
        """Send each view of a board what is new. Returns whether a view's pace holds something back."""
        board = managed.board
        board.flush(now_ms())
        held = False
        frames: dict[str, Entry] = {}
        has_facts = False
        live: list[Item] = []
        for showing in managed.showings.values():
            if showing.seen == board.seq or showing.view.pace_ms is None:
                continue
            if self._loop.time() < showing.due:
                held = True
                continue
            catch = board.since(showing.seen, showing.wants(board.primary))
            facts = board.facts(showing.fact)
            showing.seen = board.seq
            if (entry := _entry(board, showing, catch, facts)) is None:
                continue
            frames[showing.key] = entry
            has_facts = has_facts or entry[3] > entry[2]
            live = live or catch.items
            showing.sent, showing.fact = board.seq, board.head
            showing.due = self._loop.time() + showing.view.pace_ms / 1000
        if frames:
            self._hand_out(managed, frames, managed.stamp(live, self._loop.time()), gathers=not has_facts)
        return held

    def _hand_out(self, managed: HostedPerson, frames: dict[str, Entry], stamp: Stamp | None, *, gathers: bool) -> None:
        """Send each hub that shows any of `frames` an envelope with those; a heavy one is split between views.

        State may gather on its way with that of others; what has facts leaves at once.
        """
        for want in managed.wants.values():
            views: dict[str, Entry] = {}
            size = 0
            for key in want.views:
                if (entry := frames.get(key)) is None:
                    continue
                weight = _weight(entry)
                if views and size + weight > self.limits.envelope_bytes:
                    want.port.send(_envelope(managed, views, stamp), gathers=gathers)
                    views, size = {}, 0
                views[key] = entry
                size += weight
            if views:
                want.port.send(_envelope(managed, views, stamp), gathers=gathers)


def _entry(board: Board, showing: SubscriptionCursor, catch: Catch, facts: list[Item] | None) -> Entry | None:
    """Return what a view is sent live, or None. With facts that only the ledger knows, its sockets have to ask."""
    span = (showing.sent, board.seq, showing.fact, board.head)
    if facts is None:
        return (*span[:2], board.head, board.head, 0, "")
    told = [fact for fact in facts if showing.view.tells(fact)]
    if not catch.items and not told:
        return None
    text = encode(board, showing.view, catch._replace(prev=showing.sent), told, board.head)
    return (*span, len(catch.items) + len(told), text)


def _envelope(managed: HostedPerson, views: dict[str, Entry], stamp: Stamp | None) -> FrameBatch:
    return FrameBatch(person_text=str(managed.manager.person), epoch=managed.board.epoch, views=views, stamp=stamp)


def _weight(entry: Entry) -> int:
    """Return how many characters an entry has."""
    text = entry[-1]
    return len(text) if isinstance(text, str) else sum(len(one) for _, one in text)
