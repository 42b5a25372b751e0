"""Time that nobody sets: what deadlines are kept by, while the wall clock may step and the machine may sleep."""

import time

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Linux counts the time that the machine slept on this one; elsewhere there may be none that does."""


def passed() -> float:
    """Return the seconds that have passed since some moment, those that the machine slept among them."""
    return time.clock_gettime(_CLOCK)
