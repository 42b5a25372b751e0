"""What counters grow by in a second, worked out from readings a few seconds apart. Pure."""

import typing
from collections.abc import Hashable, Mapping

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
