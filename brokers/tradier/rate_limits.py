"""The gates of one token, one for each group of endpoints. All links of this process that use the token share them."""

import asyncio
import weakref

from brokers.adapter.rate_limits import RateLimiter
from brokers.tradier.limits import DEFAULTS, Group
from lib.clock import passed


class Gates:
    """The gates of one token."""

    def __init__(self) -> None:
        self._gates: dict[Group, RateLimiter] = {}

    def of(self, group: Group) -> RateLimiter:
        """Return the gate of a group of endpoints."""
        return self._gates.setdefault(group, RateLimiter(DEFAULTS[group]))

    @property
    def waiting_s(self) -> float:
        """How long requests must wait at the most crowded gate, in seconds; 0 where none does."""
        return max((gate.until - passed() for gate in self._gates.values() if gate.until), default=0.0)


Key = tuple[int, str, str]

_gates: weakref.WeakValueDictionary[Key, Gates] = weakref.WeakValueDictionary()
_turns: weakref.WeakValueDictionary[Key, asyncio.Lock] = weakref.WeakValueDictionary()


def gates_of(token: str, rest: str) -> Gates:
    """Return the gates of a token (its key) at a venue's address, for as long as somebody holds on to them."""
    return _gates.setdefault((id(asyncio.get_running_loop()), token, rest), Gates())


def stream_turn(token: str, kind: str) -> asyncio.Lock:
    """Return whose turn it is to stream: the venue allows one session of a kind for a token (its key)."""
    return _turns.setdefault((id(asyncio.get_running_loop()), token, kind), asyncio.Lock())
