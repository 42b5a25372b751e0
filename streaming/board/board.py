"""A person's board: the conflated latest state, versioned, and the newest facts. Pure: no I/O, no clock.

Each slot remembers the flush (`seq`) it last changed in and what came for it then, so one call, `since`, answers the
join, the resume, the live frame and every gap. Slots are kept in the order of their last change, so that a call costs
what has changed and not what is there.
"""

import collections
import decimal
import operator
import typing
from collections.abc import Callable, Iterator

import msgspec

from brokers.contract.events import MARKET_DATA, STATE_EVENTS, Event, Slot

TOMBSTONES = 1_000
TOMBSTONE_MS = 600_000
FACTS = 200
"""How many of the newest facts a board remembers; who is further behind reads the ledger."""

Item = dict[str, typing.Any]
"""One entry of a frame's `state`: type, key, and the fields that are newer; of a fact, all."""

Wants = Callable[[Slot], bool]


_EXACT = (decimal.Decimal,)


def read(event: Event) -> Item:
    """Return what an event carries: its type, its key, and the fields that are set, as they are."""
    item: Item = msgspec.to_builtins(event, builtin_types=_EXACT)
    return item


class _Reader:
    """What is to know of one event type."""

    def __init__(self, event: type[Event]) -> None:
        self.kind = str(event.__struct_config__.tag)
        self.key = event.KEY
        self.slot = _slot_reader(self.kind, event.KEY)
        self.origin = event in MARKET_DATA
        self.ends = "gone" in event.__struct_fields__


def _slot_reader(kind: str, key: tuple[str, ...]) -> Callable[[Event], Slot]:
    """Return what tells the slot of an event; most have a key of one field."""
    if not key:
        return lambda event: (kind,)
    read: Callable[[Event], typing.Any] = operator.attrgetter(*key)
    if len(key) == 1:
        return lambda event: (kind, read(event))
    return lambda event: (kind, *read(event))


_READERS = {event: _Reader(event) for event in STATE_EVENTS}
KEYS = {reader.kind: reader.key for reader in _READERS.values()}
_BY_LINK = frozenset(reader.kind for reader in _READERS.values() if reader.origin)
"""The kinds of slots that say which link they came by."""


_NOTHING: Item = {}


class _State:
    """One slot: all that is known of it, as an item.

    `delta` is what came for it in the flush `seq`, for whoever saw the flush `before`, in which it changed the last
    time; anybody else is shown the whole slot. It may have been handed out: once another flush is open it is never
    written to. A slot that rests gives it back, and is whole news for whoever asks so late.
    """

    __slots__ = ("before", "delta", "item", "seq")

    def __init__(self, item: Item) -> None:
        self.item = item
        self.delta = _NOTHING
        self.before = 0
        self.seq = 0

    def newer(self, cursor: int) -> Item:
        """Return what came after `cursor`; with 0, the whole slot."""
        if cursor >= self.before and cursor and self.delta:
            return self.delta
        return {**self.item}


class _Tombstone:
    """What is left of a slot that ended in the flush `seq`, closed `at` (ms): the names of its fields."""

    __slots__ = ("at", "names", "seq")

    def __init__(self, seq: int, names: tuple[str, ...]) -> None:
        self.seq = seq
        self.names = names
        self.at = 0


class Catch(typing.NamedTuple):
    """The answer of `since`: everything in `(prev, seq]` that the asker wants to see, oldest change first."""

    prev: int
    seq: int
    snapshot: bool
    items: list[Item]


def identify(slot: Slot) -> Item:
    """Return the item that only names `slot`."""
    key = KEYS[slot[0]]
    if len(key) == 1:
        return {"type": slot[0], key[0]: slot[1]}
    return {"type": slot[0], **dict(zip(key, slot[1:], strict=True))}


def _succeeding(item: Item, came: Item, origin: str) -> Item:
    """Return what came by the link `origin` for a slot that came by another one: what it did not tell is missing."""
    if "link" in item:
        came = dict.fromkeys(item.keys() - {"type", *KEYS[item["type"]]}) | came
    return came | {"link": origin}


class Board:
    """The latest state of one person in one epoch. Changes made after a flush belong to the next `seq`.

    `head` is the number of the newest fact that was announced.
    """

    def __init__(self, epoch: str, head: int = 0) -> None:
        self.epoch = epoch
        self.head = head
        self.seq = 0
        self.floor = 0
        self.dirty = False
        self.changes = 0
        """Slots that changed, once for each flush they changed in."""
        self.primary: Slot | None = None
        """The balance slot of the person's default account."""
        self._slots: dict[Slot, _State] = {}
        self._tombstones: dict[Slot, _Tombstone] = {}
        self._told: list[_State] = []
        """What changed in the last flush."""
        self._fresh: list[_State] = []
        """What changes in the open one."""
        self._facts: collections.deque[Item] = collections.deque(maxlen=FACTS)

    def __repr__(self) -> str:
        return f"<Board {self.epoch} seq={self.seq} {len(self._slots)} slots floor={self.floor}>"

    def __len__(self) -> int:
        return len(self._slots)

    def slots(self, kind: str) -> Iterator[Slot]:
        """Yield the slots of one type."""
        return (slot for slot in self._slots if slot[0] == kind)

    def kinds(self) -> dict[str, int]:
        """Return how many slots of each type there are."""
        return collections.Counter(slot[0] for slot in self._slots)

    def whole(self, slot: Slot) -> Item | None:
        """Return everything known of `slot`, or None."""
        state = self._slots.get(slot)
        return None if state is None else state.newer(0)

    def apply(self, event: Event, origin: str = "") -> None:
        """Put one event into its slot. `origin` is the link it came by."""
        reader = _READERS[type(event)]
        slot = reader.slot(event)
        if reader.ends and event.gone is True:  # type: ignore[attr-defined]  # `ends` says that it has it
            self.drop(slot)
            return
        state = self._slots.get(slot) or self._revive(slot)
        came = read(event)
        item = state.item
        if reader.origin and origin and item.get("link") != origin:
            came = _succeeding(item, came, origin)
        elif item.get("at") == came.get("at") and state.seq and came.items() <= item.items():
            return
        self._apply(slot, state, came)

    def replace(self, slot: Slot, item: Item, origin: str) -> None:
        """Show `item`, all that the link `origin` told of `slot`, in the place of what another link told."""
        state = self._slots.get(slot) or self._revive(slot)
        self._apply(slot, state, _succeeding(state.item, item, origin) if slot[0] in _BY_LINK else item)

    def _apply(self, slot: Slot, state: _State, came: Item) -> None:
        if state.seq == self.seq + 1:
            state.delta.update(came)
        else:
            self._renew(slot, state, came)
        state.item.update(came)

    def _renew(self, slot: Slot, state: _State, delta: Item) -> None:
        """Note that `slot` changed in the open flush; the slots stay in the order of their last change."""
        self._slots.pop(slot, None)
        self._slots[slot] = state
        state.before, state.seq, state.delta = state.seq, self.seq + 1, delta
        self._fresh.append(state)
        self.changes += 1
        self.dirty = True

    def _revive(self, slot: Slot) -> _State:
        """Return a new state for `slot`; what it knew before it ended is known to be missing now."""
        state = _State(identify(slot))
        if (tombstone := self._tombstones.pop(slot, None)) is not None:
            state.item |= dict.fromkeys(tombstone.names)
            self._show_whole(slot, state)
        return state

    def _show_whole(self, slot: Slot, state: _State) -> None:
        """Make all of a slot news."""
        if state.seq == self.seq + 1:
            state.delta.update(state.item)
        else:
            self._renew(slot, state, {**state.item})
        state.before = 0

    def drop(self, slot: Slot) -> None:
        """End `slot`; those who have it are told that it is gone."""
        state = self._slots.pop(slot, None)
        if state is not None:
            names = tuple(state.item.keys() - identify(slot).keys())
            self._tombstones[slot] = _Tombstone(self.seq + 1, names)
            self.dirty = True

    def touch(self, slot: Slot) -> None:
        """Make the whole of `slot` news, for those who did not see it until now."""
        if (state := self._slots.get(slot)) is not None:
            self._show_whole(slot, state)

    def announce(self, fact: Item) -> None:
        """Add a stored fact, as frames carry it. Those known already are left out; a jump forgets what was before."""
        if fact["fact"] <= self.head:
            return
        if fact["fact"] != self.head + 1:
            self._facts.clear()
        self.head = fact["fact"]
        self._facts.append(fact)
        self.dirty = True

    def facts(self, after: int) -> list[Item] | None:
        """Return the facts after number `after`, oldest first; None when only the ledger knows them all."""
        missing = self.head - after
        if missing > len(self._facts):
            return None
        return [self._facts[n - missing] for n in range(missing)] if missing > 0 else []

    def flush(self, now: int) -> bool:
        """Close the open flush. Returns whether anything changed since the last one. `now` in ms."""
        if not self.dirty:
            return False
        for state in self._told:
            if state.seq == self.seq:  # it has not changed since
                state.delta = _NOTHING
        self._told, self._fresh = self._fresh, []
        self.seq += 1
        for tombstone in reversed(self._tombstones.values()):
            if tombstone.seq < self.seq:
                break
            tombstone.at = now
        self.dirty = False
        self._bury(now)
        return True

    def advance(self) -> None:
        """Count a flush in which nothing changed, so that an answer with whole slots continues every cursor."""
        self.seq += 1

    def _bury(self, now: int) -> None:
        """Forget the oldest tombstones; whoever is further behind than those needs a snapshot."""
        while self._tombstones:
            slot, oldest = next(iter(self._tombstones.items()))
            if len(self._tombstones) <= TOMBSTONES and now - oldest.at < TOMBSTONE_MS:
                break
            del self._tombstones[slot]
            self.floor = max(self.floor, oldest.seq)

    def since(self, cursor: int, wants: Wants, had: Wants | None = None) -> Catch:
        """Return what is newer than `cursor`; whole slots for those that `had`, the asker's former wants, left out.

        A cursor of 0, below the floor or ahead of this board gets everything, as a snapshot. Call it on a
        flushed board: the answer covers `(cursor, seq]`.
        """
        snapshot = cursor <= 0 or cursor < self.floor or cursor > self.seq
        if snapshot:
            cursor, had = 0, None
        items = [
            state.newer(cursor if had is None or had(slot) else 0) for slot, state in self._newer(cursor) if wants(slot)
        ]
        items.reverse()
        if not snapshot:
            items += self._gone(cursor, wants)
        if had is not None:
            items += self._unseen(cursor, wants, had)
        return Catch(cursor, self.seq, snapshot, items)

    def _newer(self, cursor: int) -> Iterator[tuple[Slot, _State]]:
        for slot, state in reversed(self._slots.items()):
            if state.seq <= cursor:
                break
            yield slot, state

    def _gone(self, cursor: int, wants: Wants) -> Iterator[Item]:
        for slot, tombstone in reversed(self._tombstones.items()):
            if tombstone.seq <= cursor:
                break
            if wants(slot):
                yield {**identify(slot), "gone": True}

    def _unseen(self, cursor: int, wants: Wants, had: Wants) -> Iterator[Item]:
        for slot, state in self._slots.items():
            if state.seq <= cursor and wants(slot) and not had(slot):
                yield state.newer(0)
