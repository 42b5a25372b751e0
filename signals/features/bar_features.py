"""Features of closed bars of five minutes: what is known once the newest one is over. Pure.

Each takes every bar of one symbol, oldest first, and returns its value after it; None is missing, which is not 0.
Bars outside the regular session have none. No return spans a night, or bars that are not there.
"""

import abc
import math
import typing

from lib.dispersion import EwmaSigma, StreamedMedian
from lib.incremental import Incremental
from lib.studies import Vwap
from signals.features.bars import HALF_HOURS, LENGTH_MS, FeatureBar

LEAST_RETURNS = 12
"""After how many returns their deviation is believed."""
HALF_HOUR = 6
"""Bars of half an hour."""
DAYS_DECAY = 0.8
"""What a day keeps of its weight in the mean of about five."""
LEAST_DAYS = 3


class BarFeature(Incremental, abc.ABC):
    """One feature of closed bars."""

    __slots__ = ()

    @abc.abstractmethod
    def take(self, bar: FeatureBar) -> float | None:
        """Take the next bar; return the value after it."""


class OneBarReturn(Incremental):
    """The logarithmic return of a bar after the one before it, ln(c / c₋₁): of the same session, with none between."""

    __slots__ = ("_close", "_time")
    STATE = ("_close", "_time")

    def __init__(self) -> None:
        self._time, self._close = -1, 0.0

    def take(self, bar: FeatureBar) -> float | None:
        """Take the next bar of a session; return its return."""
        found = math.log(bar.close / self._close) if self._time + LENGTH_MS == bar.time else None
        self._time, self._close = bar.time, bar.close
        return found


class ScaledReturn(BarFeature):
    """ln(c / c₋ₙ) / (σ · √n): the return over n bars in deviations, σ being the EWMA of one-bar returns before it."""

    __slots__ = ("_closes", "_length", "_one", "_sigma")
    STATE = ("_closes", "_one", "_sigma")

    def __init__(self, length: int) -> None:
        self._length = length
        self._closes: list[float] = []
        """Those of bars that follow each other, at most one more than the length."""
        self._one = OneBarReturn()
        self._sigma = EwmaSigma(least=LEAST_RETURNS)

    def take(self, bar: FeatureBar) -> float | None:
        """Take the next bar; return the value after it."""
        if not bar.is_regular:
            return None
        sigma, one = self._sigma.value, self._one.take(bar)
        if one is None:
            self._closes.clear()
        else:
            self._sigma.add(one)
        del self._closes[: -self._length]
        self._closes.append(bar.close)
        if not sigma or len(self._closes) <= self._length:
            return None
        return math.log(bar.close / self._closes[0]) / (sigma * math.sqrt(self._length))


class SigmaRatio(BarFeature):
    """√(mean r² of half an hour / its mean in this part of about five days before): 1 is as lively as usual."""

    __slots__ = ("_counts", "_one", "_part", "_squares", "_sums", "_usual")
    STATE = ("_counts", "_one", "_part", "_squares", "_sums", "_usual")

    def __init__(self) -> None:
        self._one = OneBarReturn()
        self._squares: list[float] = []
        self._part = -1
        self._sums = [0.0, 0.0]
        """The squares of this part of today, and how many they are."""
        self._usual = [0.0] * HALF_HOURS
        self._counts = [0] * HALF_HOURS

    def take(self, bar: FeatureBar) -> float | None:
        """Take the next bar; return the value after it."""
        if not bar.is_regular:
            return None
        if bar.part != self._part:
            self._close_part()
            self._part = bar.part
        one = self._one.take(bar)
        if one is None:
            self._squares.clear()
            return None
        del self._squares[: 1 - HALF_HOUR]
        self._squares.append(one * one)
        self._sums = [self._sums[0] + one * one, self._sums[1] + 1]
        usual = self._usual[bar.part]
        if len(self._squares) < HALF_HOUR or self._counts[bar.part] < LEAST_DAYS or usual <= 0:
            return None
        return math.sqrt(sum(self._squares) / HALF_HOUR / usual)

    def _close_part(self) -> None:
        """Count a part that is over among those of its days."""
        total, count = self._sums
        if self._part >= 0 and count:
            mean, part = total / count, self._part
            before = self._usual[part] if self._counts[part] else mean
            self._usual[part] = DAYS_DECAY * before + (1 - DAYS_DECAY) * mean
            self._counts[part] += 1
        self._sums = [0.0, 0.0]


class VwapDistance(BarFeature):
    """ln(c / vwap) / σ: how many one-bar deviations the close is from the average price of the exchange's day.

    The average is that of charts: over all hours that bars cover.
    """

    __slots__ = ("_one", "_sigma", "_vwap")
    STATE = ("_one", "_sigma", "_vwap")

    def __init__(self) -> None:
        self._vwap = Vwap()
        self._one = OneBarReturn()
        self._sigma = EwmaSigma(least=LEAST_RETURNS)

    def take(self, bar: FeatureBar) -> float | None:
        """Take the next bar; return the value after it."""
        average = self._vwap.take(bar.study)
        if not bar.is_regular:
            return None
        sigma, one = self._sigma.value, self._one.take(bar)
        if one is not None:
            self._sigma.add(one)
        return math.log(bar.close / average) / sigma if average and sigma else None


class RangePosition(BarFeature):
    """(c − low) / (high − low) of the session so far: 0 at its low, 1 at its high; missing while both are one."""

    __slots__ = ("_day", "_high", "_low")
    STATE = ("_day", "_high", "_low")

    def __init__(self) -> None:
        self._day, self._high, self._low = -1, 0.0, 0.0

    def take(self, bar: FeatureBar) -> float | None:
        """Take the next bar; return the value after it."""
        if not bar.is_regular or bar.high is None or bar.low is None:
            return None
        if bar.day != self._day:
            self._day, self._high, self._low = bar.day, bar.high, bar.low
        self._high, self._low = max(self._high, bar.high), min(self._low, bar.low)
        width = self._high - self._low
        return (bar.close - self._low) / width if width > 0 else None


class VolumeRatio(BarFeature):
    """ln(volume / its median in this part of the days before): 0 is as busy as usual. The median is a streamed one."""

    __slots__ = ("_medians",)
    STATE = ("_medians",)

    def __init__(self) -> None:
        self._medians = [StreamedMedian() for _ in range(HALF_HOURS)]

    def take(self, bar: FeatureBar) -> float | None:
        """Take the next bar; return the value after it."""
        if not bar.is_regular or not bar.volume or bar.volume < 0:
            return None
        median = self._medians[bar.part]
        usual = median.value
        median.add(bar.volume)
        return math.log(bar.volume / usual) if usual else None


class TimeOfDay(BarFeature):
    """How much of the session is over, 0 to 1."""

    __slots__ = ()

    def take(self, bar: FeatureBar) -> float | None:
        """Take the next bar; return the value after it."""
        return bar.elapsed if bar.is_regular else None


BAR_FEATURES: dict[str, typing.Callable[[], BarFeature]] = {
    "return_1": lambda: ScaledReturn(1), "return_3": lambda: ScaledReturn(3), "return_12": lambda: ScaledReturn(12),
    "sigma_ratio": SigmaRatio, "vwap_distance": VwapDistance, "range_position": RangePosition,
    "volume_ratio": VolumeRatio, "time_of_day": TimeOfDay,
}  # fmt: skip
"""What makes a feature of bars, by its name."""
INDEX = "SPY"
"""Whose features every symbol is told beside its own."""
OF_INDEX = ("return_1", "return_12", "sigma_ratio")
"""Those of them, called `spy_…` there."""
