"""The record of everything that was told, in order, and what a stream asks of it: a stretch of it, and what follows.

Pure. Times are in microseconds since the epoch. An event's id begins with the millisecond of its time.
"""

import collections
import itertools
import random
import re
import typing

import msgspec

from simulator.alpaca.format import micro_text
from simulator.asgi import Json

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_TIME, _LENGTH = 10, 26
_RANDOM_BITS = 80
_SHAPE = re.compile(f"[0-7][{_ALPHABET}]{{{_LENGTH - 1}}}")


class Ulids:
    """Makes the ids of one venue. `draw` is where their chance comes from."""

    def __init__(self, draw: random.Random) -> None:
        self._draw = draw
        self._at = 0
        self._rest = 0

    def make(self, at: int) -> str:
        """Return the id of an event at `at`, in ms since the epoch: above every one made before, if time did not fall.

        The chance leaves room above and below for others of the same millisecond.
        """
        if at != self._at:
            self._at, self._rest = at, self._draw.getrandbits(_RANDOM_BITS - 2) | 1 << _RANDOM_BITS - 2
        else:
            self._rest += 1 + self._draw.getrandbits(32)
        return _written(at, self._rest)

    def go_beyond(self, ulid: str) -> None:
        """Make nothing up to `ulid` any more: it was made before."""
        number = _number(ulid)
        self._at, self._rest = max((self._at, self._rest), (number >> _RANDOM_BITS, number & (1 << _RANDOM_BITS) - 1))

    def inverted(self) -> str:
        """Return an id of the same millisecond as the last one, below every one of that made so far."""
        return _written(self._at, self._draw.getrandbits(_RANDOM_BITS - 2))


def _written(at: int, rest: int) -> str:
    number = at << _RANDOM_BITS | rest
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(_LENGTH)))


def is_ulid(text: str) -> bool:
    """Whether a text is a ULID."""
    return _SHAPE.fullmatch(text) is not None


def moment_of(ulid: str) -> int:
    """Return the time in a ULID, in ms since the epoch."""
    return _number(ulid[:_TIME])


def _number(text: str) -> int:
    number = 0
    for letter in text:
        number = number << 5 | _ALPHABET.index(letter)
    return number


KEPT = 200_000
"""So many events are kept; older ones cannot be asked for any more."""
Topic = typing.Literal["trades", "accounts", "activities"]


class EventLogEntry(msgspec.Struct, frozen=True):
    """One event: of which account, when, under which ids, and what it says besides."""

    number: int
    ulid: str
    at: int
    account: str
    account_id: str
    raw: bytes
    """What it says besides, as JSON: so it takes a third of the memory."""

    @property
    def body(self) -> Json:
        """What it says besides."""
        said: Json = msgspec.json.decode(self.raw)
        return said

    def payload(self, *, of_account: bool) -> Json:
        """Return what a stream says of it."""
        head: Json = {"account_id": self.account_id} if of_account else {}
        return head | {"at": micro_text(self.at), "event_id": self.ulid} | self.body

    def told_of_old(self) -> Json:
        """Return what a stream of the first version says of it, whose ids are whole numbers."""
        ids = {"event_id": self.number, "event_ulid": self.ulid}
        return {"account_id": self.account_id, "at": micro_text(self.at)} | ids | self.body


class Record:
    """The events of one topic, oldest first."""

    def __init__(self, seed: str, first: int) -> None:
        self._draw = random.Random(seed)
        self._ulids = Ulids(self._draw)
        self._entries: collections.deque[EventLogEntry] = collections.deque(maxlen=KEPT)
        self.number = first
        """That of the last event."""
        self._at = 0

    def enter(self, account: str, account_id: str, body: Json, at: int, *, is_inverted: bool = False) -> EventLogEntry:
        """Keep an event that is told at `at`, in ms since the epoch. An inverted one sorts before the last one."""
        self.number += 1
        is_inverted = is_inverted and self._at > 0
        self._at = self._at if is_inverted else max(self._at + 1, at * 1000 + self._draw.randrange(1000))
        ulid = self._ulids.inverted() if is_inverted else self._ulids.make(self._at // 1000)
        entry = EventLogEntry(self.number, ulid, self._at, account, account_id, msgspec.json.encode(body))
        self._entries.append(entry)
        return entry

    def adopt(self, entry: EventLogEntry) -> None:
        """Keep an event that was told before, after all others; the next one follows it."""
        self._entries.append(entry)
        self.number, self._at = max(self.number, entry.number), max(self._at, entry.at)
        self._ulids.go_beyond(entry.ulid)

    def after(self, number: int) -> list[EventLogEntry]:
        """Return the events above a number, oldest first."""
        newer = itertools.takewhile(lambda entry: entry.number > number, reversed(self._entries))
        return [*newer][::-1]

    def __iter__(self) -> typing.Iterator[EventLogEntry]:
        return iter(self._entries)
