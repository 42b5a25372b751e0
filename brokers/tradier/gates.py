"""The thin shell around the buckets: whoever must wait does so in line, and the wait can be seen.

All links of this process that use one token share its gates.
"""

import asyncio
import contextlib
import math
import weakref
from collections.abc import AsyncIterator

from brokers.clock import passed
from brokers.errors import LinkLost
from brokers.tradier.limits import DEFAULTS, Bucket, Group


class Gate:
    """One bucket of one token. `until` is when the request that is first in line may go, on the clock of `passed`."""

    def __init__(self, allowed: int) -> None:
        self.bucket = Bucket(allowed)
        self.until = 0.0
        self._line = asyncio.Lock()
        self._answered = asyncio.Event()

    @contextlib.asynccontextmanager
    async def turn(self, patience: float) -> AsyncIterator[Bucket]:
        """Wait for a turn and take it: whoever has it makes one request, and tells the bucket what came of it.

        Raises LinkLost when the turn would not come within `patience` seconds.
        """
        try:
            async with asyncio.timeout(None if math.isinf(patience) else patience):
                await self._permit(patience)
        except TimeoutError as late:
            raise self._busy() from late
        try:
            yield self.bucket
        finally:
            self._answered.set()

    async def _permit(self, patience: float) -> None:
        async with self._line:
            while wait := self.bucket.wait(passed()):
                if wait > patience:
                    raise self._busy()
                self.until = passed() + wait
                self._answered.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self._answered.wait()
            self.until = 0.0
            self.bucket.take()

    def _busy(self) -> LinkLost:
        wait = max(1.0, self.bucket.wait(passed()))
        return LinkLost(f"the venue's rate limit is reached; try again in {math.ceil(wait)} s", retry_after=wait)


class Gates:
    """The gates of one token."""

    def __init__(self) -> None:
        self._gates: dict[Group, Gate] = {}

    def of(self, group: Group) -> Gate:
        """Return the gate of a group of endpoints."""
        return self._gates.setdefault(group, Gate(DEFAULTS[group]))

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
