"""A person's board: the conflated latest state, versioned, and the newest facts. Pure: no I/O, no clock.

Each slot and each field remembers the flush (`seq`) it last changed in, so one call, `since`, answers the join, the
resume, the live frame and every gap. Slots are kept in the order of their last change, so that a call costs
what has changed and not what is there.
"""

import collections
import operator
import typing
from collections.abc import Callable, Iterator

from msgspec import UNSET
from msgspec.structs import astuple

from brokers.events import MARKET_DATA, STATE_EVENTS, Event, Slot

TOMBSTONES = 1_000
TOMBSTONE_MS = 600_000
FACTS = 200
"""How many of the newest facts a board remembers; who is further behind reads the ledger."""

Item = dict[str, typing.Any]
"""One entry of a frame's `state`: type, key, and the fields that are newer."""

Wants = Callable[[Slot], bool]


class _Reader:
    """How to take the fields of one event type apart; its key comes first."""

    def __init__(self, event: type[Event]) -> None:
        self.kind = str(event.__struct_config__.tag)
        self.key = event.KEY
        self.lead = len(event.KEY)
        self.names = event.__struct_fields__[self.lead :]
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


_NOTHING: Item = {}


class _State:
    """One slot: its fields, and the flush each of them last changed in.

    `delta` is the item with what changed in the flush `seq`, ready for whoever saw the flush `before`, in which the
    slot changed the last time. It may have been handed out: once another flush is open it is never written to. A slot
    that rests gives it back: it is worked out again for whoever asks so late.
    """

    __slots__ = ("before", "changed", "delta", "fields", "seq")

    def __init__(self) -> None:
        self.fields: Item = {}
        self.changed: dict[str, int] = {}
        self.delta: Item = {}
        self.before = 0
        self.seq = 0

    def newer(self, slot: Slot, cursor: int) -> Item:
        """Return the item with the fields that changed after `cursor`; with 0, the whole slot."""
        if cursor >= self.before and cursor and self.delta:
            return self.delta
        item = identify(slot)
        if not cursor:
            item.update(self.fields)
            return item
        changed = self.changed
        for name, value in self.fields.items():
            if changed[name] > cursor:
                item[name] = value
        return item


class _Tombstone(typing.NamedTuple):
    seq: int
    at: int
    names: tuple[str, ...]


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
        return None if state is None else state.newer(slot, 0)

    def apply(self, event: Event, origin: str = "", now: int = 0) -> None:
        """Put one event into its slot. `origin` is the link it came by; `now` (ms) dates a removal."""
        reader = _READERS[type(event)]
        slot = reader.slot(event)
        if reader.ends and event.gone is True:  # type: ignore[attr-defined]  # `ends` says that it has it
            self.drop(slot, now)
            return
        state = self._slots.get(slot) or self._revive(slot)
        fields, seq = state.fields, self.seq + 1
        delta = state.delta if state.seq == seq else None
        known = fields.get
        for name, value in zip(reader.names, astuple(event)[reader.lead :]):  # noqa: B905 (both are this type's fields)
            if value is not UNSET and known(name, UNSET) != value:
                delta = delta or self._renew(slot, state)
                fields[name] = delta[name] = value
                state.changed[name] = seq
        if reader.origin and origin and fields.get("link") != origin:
            delta = delta or self._renew(slot, state)
            fields["link"] = delta["link"] = origin
            state.changed["link"] = seq
        if state.seq == 0:
            self._renew(slot, state)

    def _renew(self, slot: Slot, state: _State) -> Item:
        """Note that `slot` changed in the open flush; the slots stay in the order of their last change.

        Returns the delta to write to.
        """
        seq = self.seq + 1
        if state.seq != seq or slot not in self._slots:
            self._slots.pop(slot, None)
            self._slots[slot] = state
            state.before, state.seq = state.seq, seq
            state.delta = identify(slot)
            self._fresh.append(state)
            self.changes += 1
        self.dirty = True
        return state.delta

    def _revive(self, slot: Slot) -> _State:
        """Return a new state for `slot`; what it knew before it ended is known to be missing now."""
        state = _State()
        if (tombstone := self._tombstones.pop(slot, None)) is not None:
            state.fields = dict.fromkeys(tombstone.names)
            self._show_whole(slot, state)
        return state

    def _show_whole(self, slot: Slot, state: _State) -> None:
        """Make every field of a slot news."""
        state.changed = dict.fromkeys(state.fields, self.seq + 1)
        self._renew(slot, state).update(state.fields)
        state.before = 0

    def drop(self, slot: Slot, now: int) -> None:
        """End `slot`; those who have it are told that it is gone."""
        state = self._slots.pop(slot, None)
        if state is not None:
            self._tombstones[slot] = _Tombstone(self.seq + 1, now, tuple(state.fields))
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
            state.newer(slot, cursor if had is None or had(slot) else 0)
            for slot, state in self._newer(cursor)
            if wants(slot)
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
                yield state.newer(slot, 0)
