"""Delays between tries: exponential, capped, with full jitter."""

import random
from collections.abc import Iterator

Delays = Iterator[float]

HEALTHY_S = 60.0
"""A link that was live this long starts over at the first delay."""


def delays(first: float = 0.5, cap: float = 60.0, draw: random.Random | None = None) -> Delays:
    """Yield delays in seconds for ever: each uniform in (0, ceiling], the ceiling doubling up to `cap`."""
    draw = draw or random.Random()
    ceiling = first
    while True:
        yield (1.0 - draw.random()) * ceiling
        ceiling = min(cap, ceiling * 2)
