"""How late this process's event loop is: what a timer of its own measures."""

import asyncio
import typing
from collections.abc import Hashable, Mapping

from lib.percentiles import LatencyHistogram

EVERY_S = 0.1
"""A stall shorter than this can fall between two looks."""


class LoopLag:
    """Looks ten times a second how late a timer comes. Times in ms."""

    def __init__(self) -> None:
        self.book = LatencyHistogram(600)
        self.now_ms = 0.0
        self.worst_ms = 0.0

    async def watch(self) -> None:
        """Measure until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + EVERY_S
            await asyncio.sleep(EVERY_S)
            self.now_ms = max(0.0, (loop.time() - due) * 1000)
            self.worst_ms = max(self.worst_ms, self.now_ms)
            self.book.add(self.now_ms)


Counts = Mapping[Hashable, int]


class _Reading(typing.NamedTuple):
    at: float
    counts: Counts


class Meter:
    """Keeps the last two readings of many counters: a rate is taken over the time since the older one.

    Times are seconds of one monotonic clock. With a reading every 5 s a rate spans 5 to 10 s.
    """

    def __init__(self) -> None:
        self._older: _Reading | None = None
        self._newer: _Reading | None = None

    def mark(self, now: float, counts: Counts) -> None:
        """Keep one reading."""
        self._older, self._newer = self._newer, _Reading(now, counts)

    def rate(self, now: float, counter: Hashable, count: int) -> float | None:
        """Return by how much a counter that is `count` now grows in a second; None while that is not known."""
        before = self._older or self._newer
        if before is None or now <= before.at or (was := before.counts.get(counter)) is None:
            return None
        return (count - was) / (now - before.at)
