"""How far values lie apart, and where one lies among those before it: one value at a time, from a bounded state. Pure.

Each returns its value after the one it takes, which is when that is known; None until there are enough.
"""

import array
import collections
import math
import typing

from lib.incremental import Incremental

DECAY = 0.94
"""How much of its weight a value keeps for each one that follows (RiskMetrics, 1996)."""
LEAST_MOMENTS = 30
"""After how many values a mean and a deviation are believed."""
SPAN = 390
"""How many values the moments of the past look back at, about: those of a week of five minutes."""
CLIP = 4.0
"""The widest score that is told."""


class EwmaSigma(Incremental):
    """The exponentially weighted deviation of values around zero, in their unit: √v, v = λ · v₋₁ + (1 − λ) · x².

    It begins with the first square, and is told from the `least`th value on.
    """

    __slots__ = ("_count", "_decay", "_least", "variance")
    STATE = ("_count", "variance")

    def __init__(self, decay: float = DECAY, least: int = 1) -> None:
        self._decay, self._least = decay, least
        self._count = 0
        self.variance = 0.0

    def add(self, value: float) -> float | None:
        """Take the next value."""
        self._count += 1
        square = value * value
        self.variance = square if self._count == 1 else self._decay * self.variance + (1 - self._decay) * square
        return self.value

    @property
    def value(self) -> float | None:
        """The deviation by now; None before there are enough values."""
        return math.sqrt(self.variance) if self._count >= self._least else None


class ZScore(Incremental):
    """How many deviations the newest value is from the mean of the last `length`, itself among them: (x − m) / s.

    The deviation is that of all n values, divided by n. None where they are all the same.
    """

    __slots__ = ("_values",)
    STATE = ("_values",)

    def __init__(self, length: int) -> None:
        self._values: collections.deque[float] = collections.deque(maxlen=length)

    def add(self, value: float) -> float | None:
        """Take the next value."""
        values = self._values
        values.append(value)
        if len(values) < (values.maxlen or 0):
            return None
        mean = math.fsum(values) / len(values)
        deviation = math.sqrt(math.fsum((one - mean) ** 2 for one in values) / len(values))
        return (value - mean) / deviation if deviation else None


class RollingExtreme(Incremental):
    """The highest (`sign`: 1) or lowest (-1) of the last `length` values, the newest among them.

    Only values that may still become it are kept, with their place: one where values rise all along.
    """

    __slots__ = ("_count", "_length", "_places", "_sign", "_values")
    STATE = ("_count", "_places", "_values")

    def __init__(self, length: int, sign: typing.Literal[1, -1]) -> None:
        self._length, self._sign = length, sign
        self._count = 0
        self._values: collections.deque[float] = collections.deque()
        self._places: collections.deque[int] = collections.deque()

    def add(self, value: float) -> float | None:
        """Take the next value."""
        values, places, sign = self._values, self._places, self._sign
        while values and sign * values[-1] <= sign * value:
            values.pop()
            places.pop()
        values.append(value)
        places.append(self._count)
        self._count += 1
        if places[0] <= self._count - 1 - self._length:
            values.popleft()
            places.popleft()
        return values[0] if self._count >= self._length else None


class PastMoments(Incremental):
    """Scores values by the mean and the deviation of those before them: (x − m) / s, clipped at ±4.

    A value is scored first and counted then. The first `SPAN` weigh the same; then each new one weighs 1 / `SPAN`.
    It does so for `series` of values, each by its place: numbers that stand in a row are small.
    """

    __slots__ = ("_counts", "_means", "_variances")
    STATE = ("_counts", "_means", "_variances")

    def __init__(self, series: int = 1) -> None:
        self._counts = array.array("H", bytes(2 * series))
        self._means, self._variances = array.array("d", bytes(8 * series)), array.array("d", bytes(8 * series))

    def score(self, value: float, place: int = 0) -> float | None:
        """Return where a value lies among those that were counted, without counting it."""
        variance = self._variances[place]
        if self._counts[place] < LEAST_MOMENTS or variance <= 0:
            return None
        return max(-CLIP, min(CLIP, (value - self._means[place]) / math.sqrt(variance)))

    def add(self, value: float, place: int = 0) -> float | None:
        """Return the score of the next value, and count it."""
        found = self.score(value, place)
        count = self._counts[place] = min(self._counts[place] + 1, SPAN)
        weight, apart = 1 / count, value - self._means[place]
        self._means[place] += weight * apart
        self._variances[place] = (1 - weight) * (self._variances[place] + weight * apart * apart)
        return found


class StreamedMedian(Incremental):
    """About the median of positive values, from two numbers: it steps towards each value, in shares of itself.

    The steps are 1/n of the logarithm's unit and 2 % at least, so that it follows what drifts.
    """

    __slots__ = ("_count", "_log")
    STATE = ("_count", "_log")
    LEAST, LEAST_STEP = 3, 0.02

    def __init__(self) -> None:
        self._count = 0
        self._log = 0.0

    @property
    def value(self) -> float | None:
        """The median by now; None before there are enough values."""
        return math.exp(self._log) if self._count >= self.LEAST else None

    def add(self, value: float) -> None:
        """Take the next value, above 0."""
        found = math.log(value)
        self._count += 1
        if self._count == 1:
            self._log = found
        else:
            step = max(1 / self._count, self.LEAST_STEP)
            self._log += max(-step, min(step, found - self._log))
