"""Studies of bars, one closed bar at a time: the numbers of a chart's indicators (docs/charts.md). Pure.

Each takes the bars of one series, oldest first, and returns its value after each; None until there are bars enough, and
for a bar that lacks what it is made of, which it passes over. None keeps more than the bars that it looks back at.
A value is known once its bar is over. Prices are in dollars; each can be dumped and restored (lib/incremental.py).
"""

import abc
import collections
import math
import statistics
import typing
from collections.abc import Sequence

from lib.incremental import Dump, Incremental

BAND = 2.0
"""How many standard deviations a Bollinger band is away."""
SHORT, LONG, SIGNAL = 12, 26, 9
"""The lengths of MACD."""


class StudyBar(typing.NamedTuple):
    """One closed bar. `day` tells bars of one day of the exchange from those of others; `vwap` is the venue's own.

    `time_of_day` is when it began by the exchange's clock, in ms since midnight.
    """

    time: int
    close: float | None
    high: float | None = None
    low: float | None = None
    volume: float | None = None
    vwap: float | None = None
    day: object = None
    time_of_day: int | None = None


class Study(Incremental, abc.ABC):
    """One study of one series."""

    __slots__ = ()

    @abc.abstractmethod
    def take(self, bar: StudyBar) -> float | None:
        """Take the next bar; return the value after it."""


class Close(Study):
    """The close itself."""

    __slots__ = ()

    def take(self, bar: StudyBar) -> float | None:
        """Take the next bar; return the value after it."""
        return bar.close


class BarVolume(Study):
    """The volume of a bar."""

    __slots__ = ()

    def take(self, bar: StudyBar) -> float | None:
        """Take the next bar; return the value after it."""
        return bar.volume


class VolumeSpike(Study):
    """How many times the usual volume of its time of day a bar has: the median of the last `DAYS` days that have one.

    It is known from the `LEAST`th such day on.
    """

    __slots__ = ("_volumes",)
    DAYS, LEAST = 20, 10

    def __init__(self) -> None:
        self._volumes: dict[int, collections.deque[float]] = {}

    def take(self, bar: StudyBar) -> float | None:
        """Take the next bar; return the value after it."""
        if bar.time_of_day is None or bar.volume is None or bar.volume < 0:
            return None
        before = self._volumes.setdefault(bar.time_of_day, collections.deque(maxlen=self.DAYS))
        usual = statistics.median(before) if len(before) >= self.LEAST else 0.0
        before.append(bar.volume)
        return bar.volume / usual if usual else None

    def dump(self) -> Dump:
        """Return the state as a plain tuple."""
        return tuple((at, tuple(before)) for at, before in self._volumes.items())

    def restore(self, state: Sequence[typing.Any]) -> None:
        """Go on from a state that was dumped."""
        self._volumes = {at: collections.deque(before, maxlen=self.DAYS) for at, before in state}


class Sma(Study):
    """The mean of the last `length` closes: (c1 + … + cn) / n."""

    __slots__ = ("_closes",)
    STATE = ("_closes",)

    def __init__(self, length: int) -> None:
        self._closes: collections.deque[float] = collections.deque(maxlen=length)

    def take(self, bar: StudyBar) -> float | None:
        """Take the next bar; return the value after it."""
        return None if bar.close is None else self.add(bar.close)

    def add(self, value: float) -> float | None:
        """Take the next value."""
        self._closes.append(value)
        return sum(self._closes) / len(self._closes) if len(self._closes) == self._closes.maxlen else None


class Ema(Study):
    """The exponential average of closes: e + 2 / (n + 1) · (c − e). It begins with the first close."""

    __slots__ = ("_count", "_length", "_weight", "average")
    STATE = ("_count", "average")

    def __init__(self, length: int) -> None:
        self._length, self._weight = length, 2 / (length + 1)
        self._count = 0
        self.average = 0.0

    def take(self, bar: StudyBar) -> float | None:
        """Take the next bar; return the value after it."""
        return None if bar.close is None else self.add(bar.close)

    def add(self, value: float) -> float | None:
        """Take the next value."""
        before = self.average if self._count else value
        self._count += 1
        self.average = value * self._weight + before * (1 - self._weight)
        return self.average if self._count >= self._length else None


class Wilder(Incremental):
    """Wilder's average: the mean of the first n values, then a + (x − a) / n."""

    __slots__ = ("_first", "_length", "average")
    STATE = ("_first", "average")

    def __init__(self, length: int) -> None:
        self._length = length
        self._first = Sma(length)
        self.average: float | None = None

    def add(self, value: float) -> float | None:
        """Take the next value."""
        if self.average is None:
            self.average = self._first.add(value)
        else:
            self.average += (value - self.average) / self._length
        return self.average


class Rsi(Study):
    """Wilder's relative strength of closes, 0 to 100: 100 − 100 / (1 + mean gain / mean loss)."""

    __slots__ = ("_before", "_gains", "_losses")
    STATE = ("_before", "_gains", "_losses")

    def __init__(self, length: int) -> None:
        self._gains, self._losses = Wilder(length), Wilder(length)
        self._before: float | None = None

    def take(self, bar: StudyBar) -> float | None:
        """Take the next bar; return the value after it."""
        if bar.close is None:
            return None
        before, self._before = self._before, bar.close
        if before is None:
            return None
        gain = self._gains.add(max(bar.close - before, 0.0))
        loss = self._losses.add(max(before - bar.close, 0.0))
        if gain is None or loss is None:
            return None
        return 100.0 if loss == 0 else 100 - 100 / (gain / loss + 1)


class Atr(Study):
    """Wilder's average of true ranges, max(high, c₋₁) − min(low, c₋₁), from the second bar on."""

    __slots__ = ("_before", "_ranges")
    STATE = ("_before", "_ranges")

    def __init__(self, length: int) -> None:
        self._ranges = Wilder(length)
        self._before: float | None = None

    def take(self, bar: StudyBar) -> float | None:
        """Take the next bar; return the value after it."""
        if bar.close is None or bar.high is None or bar.low is None:
            return None
        before, self._before = self._before, bar.close
        if before is None:
            return None
        return self._ranges.add(max(bar.high, before) - min(bar.low, before))


class Vwap(Study):
    """What a share cost on average since the exchange's day began: Σ price · volume / Σ volume.

    The price of a bar is the venue's own average, else a third of high, low and close.
    """

    __slots__ = ("_day", "_paid", "_traded")
    STATE = ("_day", "_paid", "_traded")

    def __init__(self) -> None:
        self._day: object = None
        self._paid = self._traded = 0.0

    def take(self, bar: StudyBar) -> float | None:
        """Take the next bar; return the value after it."""
        price = bar.vwap
        if price is None:
            if bar.close is None or bar.high is None or bar.low is None:
                return None
            price = (bar.high + bar.low + bar.close) / 3
        if not bar.volume or bar.volume < 0:
            return None
        if bar.day != self._day:
            self._day, self._paid, self._traded = bar.day, 0.0, 0.0
        self._paid += price * bar.volume
        self._traded += bar.volume
        return self._paid / self._traded


class Bollinger(Study):
    """The mean of the last closes, and so many of their standard deviations above or below (`side`: 1, 0 or -1).

    The deviation is that of all n closes, divided by n.
    """

    __slots__ = ("_closes", "_side")
    STATE = ("_closes",)

    def __init__(self, length: int, side: int) -> None:
        self._closes: collections.deque[float] = collections.deque(maxlen=length)
        self._side = side

    def take(self, bar: StudyBar) -> float | None:
        """Take the next bar; return the value after it."""
        if bar.close is None:
            return None
        closes = self._closes
        closes.append(bar.close)
        if len(closes) < (closes.maxlen or 0):
            return None
        mean = sum(closes) / len(closes)
        deviation = math.sqrt(sum((close - mean) ** 2 for close in closes) / len(closes))
        return mean + self._side * BAND * deviation


class Extreme(Study):
    """The highest high of the bars before this one (`sign`: 1), or their lowest low (-1): what its close may break."""

    __slots__ = ("_before", "_sign")
    STATE = ("_before",)

    def __init__(self, length: int, sign: int) -> None:
        self._before: collections.deque[float] = collections.deque(maxlen=length)
        self._sign = sign

    def take(self, bar: StudyBar) -> float | None:
        """Take the next bar; return the value after it."""
        price = bar.high if self._sign > 0 else bar.low
        if price is None:
            return None
        before = self._before
        is_whole = len(before) == before.maxlen
        found = self._sign * max(self._sign * one for one in before) if is_whole else None
        before.append(price)
        return found


class Macd(Study):
    """How far two exponential averages are apart, its own average (`signal`), or how far it is from that (`rest`)."""

    __slots__ = ("_long", "_part", "_short", "_signal")
    STATE = ("_long", "_short", "_signal")

    def __init__(self, part: typing.Literal["macd", "signal", "rest"]) -> None:
        self._part = part
        self._short, self._long, self._signal = Ema(SHORT), Ema(LONG), Ema(SIGNAL)

    def take(self, bar: StudyBar) -> float | None:
        """Take the next bar; return the value after it."""
        if bar.close is None:
            return None
        self._short.add(bar.close)
        if self._long.add(bar.close) is None:
            return None
        apart = self._short.average - self._long.average
        self._signal.add(apart)
        if self._part == "macd":
            return apart
        return self._signal.average if self._part == "signal" else apart - self._signal.average


MAKERS: dict[str, typing.Callable[[int], Study]] = {
    "close": lambda _: Close(), "bar_volume": lambda _: BarVolume(), "volume_spike": lambda _: VolumeSpike(),
    "sma": Sma, "ema": Ema, "rsi": Rsi, "atr": Atr,
    "vwap": lambda _: Vwap(), "macd": lambda _: Macd("macd"), "macd_signal": lambda _: Macd("signal"),
    "macd_histogram": lambda _: Macd("rest"), "bollinger_upper": lambda length: Bollinger(length, 1),
    "highest": lambda length: Extreme(length, 1), "lowest": lambda length: Extreme(length, -1),
    "bollinger_middle": lambda length: Bollinger(length, 0), "bollinger_lower": lambda length: Bollinger(length, -1),
}  # fmt: skip
"""What makes a study of a length, by its name. Those without a length have theirs, or none."""
