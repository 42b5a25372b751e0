"""The clocks of an adapter: the wall's, and one that nobody sets, for deadlines while that one steps."""

import time

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Linux counts the time that the machine slept on this one; elsewhere there may be none that does."""


def passed() -> float:
    """Return the seconds that have passed since some moment, those that the machine slept among them."""
    return time.clock_gettime(_CLOCK)


def now_ms() -> int:
    """Return the time in milliseconds since the epoch, UTC."""
    return time.time_ns() // 1_000_000


def wall_ms(monotonic: float) -> int:
    """Return the wall time, in milliseconds since the epoch, of a moment of the monotonic clock."""
    return int((time.time() - time.monotonic() + monotonic) * 1000)
