"""The one place that reads the wall clock for the streams."""

import time


def now_ms() -> int:
    """Return the time in milliseconds since the epoch, UTC."""
    return time.time_ns() // 1_000_000
