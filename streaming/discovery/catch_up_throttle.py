"""Lets a hub's catch-ups out at a rate that the layer can carry their answers at, spread out after a loss."""

import asyncio
import collections
import random
from collections.abc import Callable

from streaming.bus.messages import CatchUpRequest

RATE = 4_000_000
"""Characters of answers a second, per hub."""
BURST_S = 0.5
UNANSWERED = 64
"""Catch-ups under way at the same time, at most: nobody knows how large an answer will be."""


class CatchUpThrottle:
    """`send` takes a catch-up whose turn has come; `awaits` tells whether anybody still waits for the answer to one.

    What waits here is bounded by the sockets: each has one catch-up under way, and asks no other while it is held.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, send: Callable[[CatchUpRequest], None], awaits: Callable[[int], bool]
    ) -> None:
        self._loop = loop
        self._send = send
        self._awaits = awaits
        self._waiting: collections.deque[CatchUpRequest] = collections.deque()
        self._unanswered: set[int] = set()
        self._spread_until = 0.0
        self._left = RATE * BURST_S
        """Characters that may be asked for now."""
        self._counted_at = loop.time()
        self._later: asyncio.TimerHandle | None = None

    def request(self, message: CatchUpRequest) -> None:
        """Send `message` when it may go."""
        delay = self._spread_until - self._loop.time()
        if delay > 0:
            self._loop.call_later(random.uniform(0, delay), self._queue, message)
        else:
            self._queue(message)

    def answered(self, ask: int, characters: int) -> None:
        """Count an answer, which may let others go."""
        self._left -= characters
        self._unanswered.discard(ask)
        if self._waiting:
            self._drain()

    def spread(self, over_s: float) -> None:
        """Ask at random moments of the next `over_s` seconds."""
        self._spread_until = self._loop.time() + over_s

    def _queue(self, message: CatchUpRequest) -> None:
        self._waiting.append(message)
        self._drain()

    def _drain(self) -> None:
        """Send what may go now, and come back for the rest."""
        now = self._loop.time()
        self._left = min(RATE * BURST_S, self._left + (now - self._counted_at) * RATE)
        self._counted_at = now
        while self._waiting and self._left > 0:
            if len(self._unanswered) >= UNANSWERED:
                self._unanswered = {ask for ask in self._unanswered if self._awaits(ask)}
                if len(self._unanswered) >= UNANSWERED:
                    break
            message = self._waiting.popleft()
            if self._awaits(message.ask):
                self._unanswered.add(message.ask)
                self._send(message)
        if self._waiting and self._later is None:
            self._later = self._loop.call_later(0.05, self._again)

    def _again(self) -> None:
        self._later = None
        self._drain()
