"""A planted edge: the sizes in the book lean to where the price goes in the next five minutes. Off unless asked for.

Its size is its information coefficient: the correlation of the lean with the move of the bar that it tells of, in units
of that bar's deviation. A lean shows from four minutes before its bar until one minute into it, so that whoever looks a
few seconds after a bar began still sees what it brings. Prices are the same with it and without: only the sizes know
what comes.
"""

import math
import random
import struct
import typing
import zlib

from simulator.market.moves import activity
from simulator.market.moves.price_path import PricePath

BAR_MS: typing.Final = 5 * activity.MINUTE_MS
_BAR_MINUTES = 5
_EARLY_MS = 4 * activity.MINUTE_MS
"""How long before its bar a lean shows."""
_WIDEST = 3.0
"""How many deviations a lean shows at most."""


class PlantedEdge:
    """An edge of one size in the books of one market. Raises ValueError for a size that is no correlation."""

    def __init__(self, seed: int, size: float) -> None:
        if not 0.0 <= size < 1.0:
            raise ValueError(f"an edge is a correlation from 0 to below 1, not {size}")
        self.seed = seed
        self.size = size

    @staticmethod
    def find_bar(at: float) -> float:
        """Return when the bar begins that a book tells of at `at`, in ms since the epoch."""
        return (at + _EARLY_MS) // BAR_MS * BAR_MS

    def lean(self, path: PricePath, begin: float) -> float:
        """Return how far a book leans to its bids (1) or asks (-1) that tells of the bar from `begin` on."""
        number, minute = activity.position(begin)
        slot, first = divmod(minute, activity.SLOT_MINUTES)
        course = path.minutes(number, slot)
        move = course.values[first + _BAR_MINUTES] - course.values[first]
        deviation = math.sqrt(sum(course.variances[first : first + _BAR_MINUTES]))
        key = zlib.crc32(path.key.encode() + struct.pack("<qqi", self.seed, number, minute))
        chance = random.Random(key).gauss(0.0, 1.0)
        known = self.size * move / deviation + math.sqrt(1 - self.size**2) * chance
        return max(-1.0, min(1.0, known / _WIDEST))
