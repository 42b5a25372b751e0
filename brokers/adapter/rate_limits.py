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

from brokers.contract.errors import LinkLost
from lib.clock import passed

INTERVAL_S = 60.0
MARGIN_S = 1.5
"""A bucket counts as full so much later: venues tell their own time in whole seconds."""
LEAST_S = 0.05
RESERVE = 0.05
"""The share of a bucket that is left to others who use the same credential: a form that checks it, another program."""
LOW_PRIORITY = 0.8
"""What can wait goes only while less than this share of a bucket is used: the rest is for what cannot."""
FARTHEST_MS = 2 * 60_000
"""No bucket is full again later than this by the venue's own clock: an answer that says so makes no sense."""


class RateLimitHeaders(msgspec.Struct, frozen=True):
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

    def wait(self, now: float, share: float = 1.0) -> float:
        """Return how long the next request must wait, in seconds; 0 where it may go at once.

        `share` is how much of the bucket may be used before one like this waits. Where only an answer that is under way
        can tell, the wait is short: ask again then.
        """
        while self._untold and now >= self._untold[0]:
            self._untold.popleft()
        used = self._used if now < self._full_at else 0
        if used + len(self._untold) + self.under_way < max(1.0, self.usable * share):
            return 0.0
        ends = [*self._untold][:1] + ([self._full_at] if used else [])
        return max(LEAST_S, min(ends, default=now) - now)

    def on_request(self) -> None:
        """A request goes to the venue."""
        self.under_way += 1

    def on_response(self, now: float, said: RateLimitHeaders | None, venue_ms: int | None) -> None:
        """It answered. `venue_ms` is the time on the venue's clock, to the second; None where it did not tell."""
        if said is None or (venue_ms is not None and said.expires_ms - venue_ms > FARTHEST_MS):
            self.fail(now)
            return
        self.under_way -= 1
        self.allowed = said.allowed
        if said.expires_ms < self._expires_ms and now < self._full_at:
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


class Pace:
    """How often something may be done: `burst` times as one likes, then steadily. Pure; times in seconds."""

    def __init__(self, burst: int) -> None:
        self._burst = burst
        self._used_until = 0.0

    def reserve(self, now: float, every_s: float, turns: int = 1) -> float:
        """Take so many turns, of which there is one in `every_s`. Returns how long to wait for them."""
        self._used_until = max(self._used_until, now) + turns * every_s
        return max(0.0, self._used_until - now - self._burst * every_s)


class RateLimiter:
    """One bucket of one token. What can wait stands in another line than what cannot."""

    def __init__(self, allowed: int) -> None:
        self.bucket = Bucket(allowed)
        self._lines = {1.0: _Line(), LOW_PRIORITY: _Line()}
        self._answered = asyncio.Event()

    @property
    def until(self) -> float:
        """When the requests that are first in line may go, on the clock of `passed`; 0 where none waits."""
        return max(line.until for line in self._lines.values())

    @contextlib.asynccontextmanager
    async def turn(self, patience: float, share: float = 1.0) -> AsyncIterator[Bucket]:
        """Wait for a turn and take it: whoever has it makes one request, and tells the bucket what came of it.

        `share` is PATIENT for what can wait. Raises LinkLost when the turn would not come within `patience` seconds.
        """
        try:
            async with asyncio.timeout(None if math.isinf(patience) else patience):
                await self._permit(patience, share)
        except TimeoutError as late:
            raise self._busy(share) from late
        try:
            yield self.bucket
        finally:
            self._answered.set()

    async def _permit(self, patience: float, share: float) -> None:
        line = self._lines[share]
        async with line.lock:
            try:
                while wait := self.bucket.wait(passed(), share):
                    if wait > patience:
                        raise self._busy(share)
                    line.until = passed() + wait
                    self._answered.clear()
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(wait):
                            await self._answered.wait()
            finally:
                line.until = 0.0
            self.bucket.on_request()

    def _busy(self, share: float) -> LinkLost:
        wait = max(1.0, self.bucket.wait(passed(), share))
        return LinkLost(f"the venue's rate limit is reached; try again in {math.ceil(wait)} s", retry_after=wait)


class _Line:
    """Who waits, one after the other; `until` is when the first of them may go, 0 where nobody waits."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.until = 0.0
