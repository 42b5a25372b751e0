"""A planted edge: the sizes in the book lean to where the price goes in the next five minutes. Off unless asked for.

Its size is its information coefficient: the correlation of the lean, which shows during one bar, with the move of the
next, in units of that bar's deviation. Prices are the same with it and without: only the sizes know what comes.
"""

import math
import random
import struct
import typing
import zlib

from simulator.market.moves import activity
from simulator.market.moves.price_path import PricePath

BAR_MINUTES: typing.Final = 5
_WIDEST = 3.0
"""How many deviations a lean shows at most."""


class PlantedEdge:
    """An edge of one size in the books of one market. Raises ValueError for a size that is no correlation."""

    def __init__(self, seed: int, size: float) -> None:
        if not 0.0 <= size < 1.0:
            raise ValueError(f"an edge is a correlation from 0 to below 1, not {size}")
        self.seed = seed
        self.size = size

    def lean(self, path: PricePath, at: float) -> float:
        """Return how far the book leans to its bids (1) or asks (-1) during the bar that `at` is in."""
        begin = (at // (BAR_MINUTES * activity.MINUTE_MS) + 1) * BAR_MINUTES * activity.MINUTE_MS
        number, minute = activity.position(begin)
        slot, first = divmod(minute, activity.SLOT_MINUTES)
        course = path.minutes(number, slot)
        move = course.values[first + BAR_MINUTES] - course.values[first]
        deviation = math.sqrt(sum(course.variances[first : first + BAR_MINUTES]))
        key = zlib.crc32(path.key.encode() + struct.pack("<qqi", self.seed, number, minute))
        chance = random.Random(key).gauss(0.0, 1.0)
        known = self.size * move / deviation + math.sqrt(1 - self.size**2) * chance
        return max(-1.0, min(1.0, known / _WIDEST))
