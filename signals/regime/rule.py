"""What the market of one symbol is like now: volatility, trend and liquidity, by a rule with a version. Pure.

It says what is, and predicts nothing. All of it is known when a bar closes: days that are over, and today so far.
"""

import array
import math
import typing

from brokers.contract.events import RegimeReading
from lib.dispersion import DECAY, EwmaSigma
from lib.incremental import Incremental
from signals.features.bars import DayBar, FeatureBar

VERSION = "regime-1"
"""Another one when any number below is another, or what it is compared with."""
DAYS, LEAST_DAYS = 250, 60
"""How many days a percentile is among, and before how many it is unknown."""
LOW, HIGH, BAND = 40.0, 85.0, 5.0
"""Percentiles below and above which a state begins; it ends `BAND` further on."""
STAY_MS = 1_800_000
TREND_DAYS, TREND, TREND_BAND = 20, 1.0, 0.25
"""A trend is a move over so many days of more deviations than these; it ends `TREND_BAND` before."""
UNKNOWN = "unknown"


class RegimeWords(Incremental):
    """One of three words by a number, the first below `low`, the third above `high`: held until it is `band` past that.

    A word stays for half an hour at least, and an unknown number ends it at once.
    """

    __slots__ = ("_band", "_high", "_low", "_words", "since", "word")
    STATE = ("since", "word")

    def __init__(self, words: tuple[str, str, str], low: float, high: float, band: float) -> None:
        self._words, self._low, self._high, self._band = words, low, high, band
        self.word = UNKNOWN
        self.since: int | None = None
        """When it began, in ms."""

    def step(self, value: float | None, at: int) -> None:
        """Take the number as it is at `at` (ms)."""
        found = UNKNOWN if value is None else self._word(value)
        if found == self.word:
            return
        is_settled = self.word == UNKNOWN or found == UNKNOWN or self.since is None or at - self.since >= STAY_MS
        if is_settled:
            self.word, self.since = found, at

    def _word(self, value: float) -> str:
        first, middle, third = self._words
        if value < self._low + (self._band if self.word == first else 0):
            return first
        return third if value > self._high - (self._band if self.word == third else 0) else middle


class RankedDays(Incremental):
    """A number for each of the last 250 days, and which share of them lies below another, in percent."""

    __slots__ = ("_days",)
    STATE = ("_days",)

    def __init__(self) -> None:
        self._days = array.array("f")
        """To seven digits: they are compared only."""

    def __len__(self) -> int:
        return len(self._days)

    def add(self, value: float) -> None:
        """Take the number of the next day; the oldest one gives way."""
        if len(self._days) == DAYS:
            self._days.pop(0)
        self._days.append(value)

    def rank(self, value: float) -> float | None:
        """Return the share of days below it; None before there are enough."""
        if len(self._days) < LEAST_DAYS:
            return None
        (kept,) = array.array("f", [value])
        return 100 * sum(one < kept for one in self._days) / len(self._days)


class Regime(Incremental):
    """The regime of one symbol. It begins with bars of days, and goes on with those of five minutes.

    The variance of a day is the sum of its squared logarithmic returns, the night's among them; of a day that is known
    by its bar alone it is one square. `_variance` weighs days by 0.94; of today it counts what happened, and what is
    usual for the rest.
    """

    __slots__ = (
        "_close", "_closes", "_day", "_dollars", "_illiquid", "_illiquids", "_last", "_liquidity", "_percentile",
        "_square", "_thinness", "_trend", "_variance", "_variances", "_volatility",
    )  # fmt: skip
    STATE = __slots__

    def __init__(self) -> None:
        self._variance, self._variances = EwmaSigma(DECAY), RankedDays()
        self._illiquid, self._illiquids = EwmaSigma(DECAY), RankedDays()
        """Of √(|return| / dollars traded), so that what is averaged is the measure of Amihud (2002) itself."""
        self._closes = array.array("d")
        """The closes of days that are over."""
        self._close: float | None = None
        """The close of the day before."""
        self._last: float | None = None
        """The close of the bar before."""
        self._day = -1
        self._square = self._dollars = 0.0
        self._percentile: float | None = None
        self._thinness: float | None = None
        """The percentile of how far a dollar moved the price on the days before."""
        self._volatility = RegimeWords(("calm", "normal", "stressed"), LOW, HIGH, BAND)
        self._trend = RegimeWords(("down", "flat", "up"), -TREND, TREND, TREND_BAND)
        self._liquidity = RegimeWords(("deep", "normal", "thin"), LOW, HIGH, BAND)

    def take_day(self, bar: DayBar) -> None:
        """Take the next day before those of which there are bars of five minutes."""
        square = 0.0 if self._close is None else math.log(bar.close / self._close) ** 2
        self._roll(bar.close, square, bar.close * (bar.volume or 0.0))
        self._step(bar.close, self._variance.variance, bar.end)

    def take(self, bar: FeatureBar) -> None:
        """Take the next bar; those outside the regular session say nothing."""
        if not bar.is_regular:
            return
        if bar.day != self._day:
            if self._day >= 0 and self._last is not None:
                self._roll(self._last, self._square, self._dollars)
            self._day, self._square, self._dollars, self._last = bar.day, 0.0, 0.0, self._close
        if self._last is not None:
            self._square += math.log(bar.close / self._last) ** 2
        self._last = bar.close
        self._dollars += bar.close * (bar.volume or 0.0)
        before = self._variance.variance
        today = self._square + (1 - bar.elapsed) * before
        self._step(bar.close, DECAY * before + (1 - DECAY) * today, bar.end)

    def _roll(self, close: float, square: float, dollars: float) -> None:
        """Count a day that is over."""
        if self._close is not None:
            self._variance.add(math.sqrt(square))
            self._variances.add(self._variance.variance)
            if dollars > 0:
                self._illiquid.add(math.sqrt(abs(math.log(close / self._close)) / dollars))
                self._illiquids.add(self._illiquid.variance)
                self._thinness = self._illiquids.rank(self._illiquid.variance)
        if len(self._closes) == TREND_DAYS:
            self._closes.pop(0)
        self._closes.append(close)
        self._close = close

    def _step(self, close: float, variance: float, at: int) -> None:
        """Judge by a close and the variance of a day as they are at `at` (ms)."""
        self._percentile = self._variances.rank(variance)
        self._volatility.step(self._percentile, at)
        moved = None
        if len(self._closes) == TREND_DAYS and len(self._variances) >= LEAST_DAYS and variance > 0:
            moved = math.log(close / self._closes[0]) / math.sqrt(variance * TREND_DAYS)
        self._trend.step(moved, at)
        self._liquidity.step(self._thinness, at)

    @property
    def reading(self) -> RegimeReading:
        """How it is now."""
        return RegimeReading(
            volatility=typing.cast(typing.Any, self._volatility.word), volatility_since=self._volatility.since,
            trend=typing.cast(typing.Any, self._trend.word), trend_since=self._trend.since,
            liquidity=typing.cast(typing.Any, self._liquidity.word), liquidity_since=self._liquidity.since,
            percentile=None if self._percentile is None else round(self._percentile, 1),
            days=min(len(self._variances), LEAST_DAYS),
        )  # fmt: skip
