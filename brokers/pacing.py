"""How often a credential may ask: never more than the venue's own headers allow, whoever asks and however it answers.

A bucket, which is pure, is full again some time after the first request out of it. Its gate is the thin shell around
it: whoever must wait does so in line, and the wait can be seen. What a venue's headers mean is its adapter's to read.
"""

import asyncio
import collections
import contextlib
import math
from collections.abc import AsyncIterator

import msgspec

from brokers.clock import passed
from brokers.errors import LinkLost

INTERVAL_S = 60.0
MARGIN_S = 1.5
"""A bucket counts as full so much later: venues tell their own time in whole seconds."""
LEAST_S = 0.05
RESERVE = 0.05
"""The share of a bucket that is left to others who use the same credential: a form that checks it, another program."""


class Told(msgspec.Struct, frozen=True):
    """What an answer says of its bucket. `expires_ms` is when it is full again, by the venue's clock."""

    allowed: int
    used: int
    expires_ms: int


class Bucket:
    """What is left of one bucket, at worst. Times are seconds of one clock that nobody sets.

    Requests that are under way count, for the venue may have counted them; so do those whose answer told nothing, each
    for a whole interval. `reserve` is the share of the bucket that is left to others.
    """

    def __init__(self, allowed: int, reserve: float = RESERVE) -> None:
        self.allowed = allowed
        self.under_way = 0
        self._reserve = reserve
        self._used = 0
        self._expires_ms = -math.inf
        self._full_at = 0.0
        """When it is certainly full again."""
        self._untold: collections.deque[float] = collections.deque()
        """Until when requests count of which the venue told nothing."""

    @property
    def usable(self) -> int:
        """How many requests of a full bucket are for us."""
        return max(1, int(self.allowed * (1 - self._reserve)))

    def wait(self, now: float) -> float:
        """Return how long the next request must wait, in seconds; 0 where it may go at once.

        Where only an answer that is under way can tell, that is short: ask again then.
        """
        while self._untold and now >= self._untold[0]:
            self._untold.popleft()
        used = self._used if now < self._full_at else 0
        if used + len(self._untold) + self.under_way < self.usable:
            return 0.0
        ends = [*self._untold][:1] + ([self._full_at] if used else [])
        return max(LEAST_S, min(ends, default=now) - now)

    def take(self) -> None:
        """A request goes to the venue."""
        self.under_way += 1

    def answer(self, now: float, said: Told | None, venue_ms: int | None) -> None:
        """It answered. `venue_ms` is the time on the venue's clock, to the second; None where it did not tell."""
        if said is None:
            self.fail(now)
            return
        self.under_way -= 1
        self.allowed = said.allowed
        if said.expires_ms < self._expires_ms:
            return  # an answer out of the bucket that was
        if said.expires_ms > self._expires_ms or now >= self._full_at:
            self._used = 0
        self._expires_ms = said.expires_ms
        self._used = max(self._used, said.used)
        left = INTERVAL_S if venue_ms is None else (said.expires_ms - venue_ms) / 1000
        self._full_at = max(self._full_at, now + min(max(left, 0.0), INTERVAL_S) + MARGIN_S)

    def fail(self, now: float) -> None:
        """It had no answer, or one that told nothing: the venue may have counted it, now at the latest."""
        self.under_way -= 1
        self._untold.append(now + INTERVAL_S + MARGIN_S)

    def exhaust(self, now: float) -> None:
        """The venue says that it is empty, whoever emptied it."""
        self._used = max(self._used, self.allowed) if now < self._full_at else self.allowed
        if now >= self._full_at:
            self._full_at = now + INTERVAL_S + MARGIN_S


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
