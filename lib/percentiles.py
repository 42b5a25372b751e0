"""How long things take: percentiles of the newest samples, and a histogram of all since the start. Pure.

Times come in as milliseconds. A sample below 0 is kept as it is: it says that another machine's clock is ahead of ours.
"""

import array
import bisect
import math
import typing
from collections.abc import Mapping

BOUNDS_MS = (1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000)
"""The upper bounds of the histogram's buckets; what is longer has a bucket of its own."""
SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
STALE_MS = 60_000
"""A venue's time older than this is that of a snapshot (the last trade of a quiet symbol), not of a tick."""


class RecentSamples:
    """The newest `keep` samples of something."""

    __slots__ = ("_next", "_samples", "count")

    def __init__(self, keep: int = 512) -> None:
        self.count = 0
        self._samples = array.array("f", bytes(4 * keep))
        self._next = 0

    def add(self, ms: float) -> None:
        """Take one sample."""
        self._samples[self._next] = ms
        self._next = (self._next + 1) % len(self._samples)
        self.count += 1

    def percentiles(self, shares: Mapping[str, float] = SHARES) -> dict[str, float | None]:
        """Return the least kept sample that at least a share of them does not exceed; None where there is none."""
        kept = sorted(self._samples[: self.count])
        return {
            name: kept[max(0, math.ceil(share * len(kept)) - 1)] if kept else None for name, share in shares.items()
        }

    @property
    def newest(self) -> list[float]:
        """The kept samples, in no order."""
        return [round(sample, 1) for sample in self._samples[: self.count]]

    @property
    def longest(self) -> float | None:
        """The longest of the kept samples, or None."""
        return max(self._samples[: self.count], default=None)


class LatencyHistogram(RecentSamples):
    """The newest samples, and how many of all samples fell into which bucket of `BOUNDS_MS`."""

    __slots__ = ("buckets", "total_ms")

    def __init__(self, keep: int = 512) -> None:
        super().__init__(keep)
        self.buckets = [0] * (len(BOUNDS_MS) + 1)
        self.total_ms = 0.0

    def add(self, ms: float) -> None:
        """Take one sample. In the histogram a sample below 0 counts as 0."""
        super().add(ms)
        self.buckets[bisect.bisect_left(BOUNDS_MS, ms)] += 1
        if ms > 0:
            self.total_ms += ms


def venue_time(item: Mapping[str, typing.Any]) -> int | None:
    """Return the venue's newest time (ms) in an item of a frame, or None where it has none that can be measured by.

    dxFeed sends the times of bid and ask to the second: whole seconds say nothing of milliseconds. A whole slot (which
    names its link) and delayed data are not measured either.
    """
    if "link" in item or item.get("delayed"):
        return None
    times = [at for name in ("last_at", "bid_at", "ask_at") if (at := item.get(name)) and at % 1_000]
    return max(times, default=None)
