"""A source of moves that can be read at any moment: Brownian motion in a time that runs now fast, now slow. Pure.

The variance of all days is shared out by halving: each half gets its usual share, made uneven by chance, and what the
motion did until the middle is drawn from a bridge between the ends. So days cluster into calm and wild stretches of
every length, their moves have fat tails and no correlation, and a day is known from the seed by fourteen halvings
however far back it is (a multifractal model of returns: Mandelbrot, Fisher and Calvet 1997). Inside a day the half
hours are drawn at once, and inside a half hour its minutes.

A field moves with a variance of one a year. Its values are logarithms.
"""

import collections
import functools
import hashlib
import itertools
import math
import statistics
import struct
import typing

from simulator.market.moves import activity

_NORMAL = statistics.NormalDist().inv_cdf
_UNEVEN: typing.Final = {2 << n: 0.6 if n < 3 else 0.95 if n < 10 else 0.25 for n in range(14)}
"""How uneven halves of so many days are, in logarithms of their odds: most where months are calm or wild."""
_CLIMATE = 0.75
"""How much of that is the same for all fields of one climate: when the market is wild, so are most of its shares."""
_OWN_WEATHER = math.sqrt(1 - _CLIMATE**2)
_QUANTILES = tuple(_NORMAL((n + 0.5) / 16_384) for n in range(16_384))
_SLOT_NOISE, _MINUTE_NOISE = 0.42, 0.5
_LASTING = 0.75
"""How much of the unevenness of one slot or minute is left in the next."""
_KEPT_DAYS, _KEPT_SLOTS = 256, 64


class PathSpan(typing.NamedTuple):
    """Days from `low` to `high`: the value before and after them, and the variance between."""

    low: int
    high: int
    start: float
    end: float
    variance: float


class Course(typing.NamedTuple):
    """The values at the borders of equal parts of a stretch, one more than parts, and the variance of each part."""

    values: list[float]
    variances: list[float]


class PathField:
    """One source of moves, named by `key`; `is_even` is one that moves on every day and at every hour alike.

    Fields that name the same `climate` have their calm and wild days mostly together.
    """

    def __init__(self, key: str, *, climate: str = "", is_even: bool = False) -> None:
        self._key = hashlib.blake2b(key.encode(), digest_size=32).digest()
        self._climate = hashlib.blake2b(climate.encode(), digest_size=32).digest() if climate else b""
        self.is_even = is_even
        self._weights = activity.weights(is_even=is_even)
        whole = self._weights[-1] / activity.YEAR_DAYS
        first, _ = _normals(self._key, 0, 0)
        self._way = [PathSpan(0, activity.DAYS, 0.0, math.sqrt(whole) * first, whole)]
        self._days: collections.OrderedDict[int, Course] = collections.OrderedDict()
        self._slots: collections.OrderedDict[int, Course] = collections.OrderedDict()

    def day(self, number: int) -> PathSpan:
        """Return a day. Its neighbours share most of the way to it."""
        way = self._way
        while not way[-1].low <= number < way[-1].high:
            way.pop()
        while way[-1].high - way[-1].low > 1:
            way.append(self._half(way[-1], number))
        return way[-1]

    def slots(self, number: int) -> Course:
        """Return a day's course in half hours."""
        if number not in self._days:
            span = self.day(number)
            shares = activity.EVEN if self.is_even else activity.profile(number)
            draw = self._draw(number, 1, activity.SLOTS)
            self._days[number] = course(span.start, span.end, span.variance, shares, _SLOT_NOISE, draw)
            _forget(self._days, _KEPT_DAYS)
        return self._days[number]

    def minutes(self, number: int, slot: int) -> Course:
        """Return a half hour's course in minutes."""
        key = number * activity.SLOTS + slot
        if key not in self._slots:
            day, draw = self.slots(number), self._draw(key, 2, activity.SLOT_MINUTES)
            start, end = day.values[slot : slot + 2]
            self._slots[key] = course(start, end, day.variances[slot], _MINUTES, _MINUTE_NOISE, draw)
            _forget(self._slots, _KEPT_SLOTS)
        return self._slots[key]

    def _half(self, whole: PathSpan, number: int) -> PathSpan:
        """Return the half of `whole` that has the day."""
        low, high, start, end, variance = whole
        middle, weights = (low + high) // 2, self._weights
        odds_noise, move = _normals(self._key, low, high)
        if self._climate:
            odds_noise = _CLIMATE * _normals(self._climate, low, high)[0] + _OWN_WEATHER * odds_noise
        uneven = math.exp(_UNEVEN[high - low] * odds_noise)
        first = (weights[middle] - weights[low]) * uneven
        share = first / (first + weights[high] - weights[middle])
        value = start + (end - start) * share + math.sqrt(variance * share * (1.0 - share)) * move
        if number < middle:
            return PathSpan(low, middle, start, value, variance * share)
        return PathSpan(middle, high, value, end, variance * (1.0 - share))

    def _draw(self, number: int, kind: int, parts: int) -> list[float]:
        """Return two normal numbers for each part."""
        raw = hashlib.shake_128(self._key + struct.pack("<II", number, kind)).digest(4 * parts)
        return [_QUANTILES[each >> 2] for each in struct.unpack(f"<{2 * parts}H", raw)]


def _normals(key: bytes, low: int, high: int) -> tuple[float, float]:
    raw = hashlib.blake2b(struct.pack("<II", low, high), key=key, digest_size=16).digest()
    one, other = struct.unpack("<QQ", raw)
    return _NORMAL((one + 1) / (2**64 + 2)), _NORMAL((other + 1) / (2**64 + 2))


_MINUTES = (1 / activity.SLOT_MINUTES,) * activity.SLOT_MINUTES


def course(
    start: float, end: float, variance: float, shares: typing.Sequence[float], noise: float, draw: list[float]
) -> Course:
    """Draw a way from `start` to `end` through parts that usually have these shares of the variance."""
    exp, sqrt, fresh, number = math.exp, math.sqrt, math.sqrt(1 - _LASTING**2) * noise, len(shares)
    swing, parts = noise * draw[0], []
    for share, chance in zip(shares, draw, strict=False):
        swing = _LASTING * swing + fresh * chance
        parts.append(share * exp(swing))
    scale = variance / sum(parts)
    variances = [part * scale for part in parts]
    steps = [sqrt(part) * chance for part, chance in zip(variances, draw[number:], strict=True)]
    pull = (end - start - sum(steps)) / variance
    values = list(itertools.accumulate(map(_pinned, steps, variances, itertools.repeat(pull)), initial=start))
    values[-1] = end
    return Course(values, variances)


def _pinned(step: float, variance: float, pull: float) -> float:
    return step + pull * variance


def _forget(kept: "collections.OrderedDict[int, Course]", most: int) -> None:
    if len(kept) > most:
        kept.popitem(last=False)


@functools.lru_cache(maxsize=2048)
def field(key: str, *, climate: str = "", is_even: bool = False) -> PathField:
    """Return the field of that name; whoever asks for one name shares what is remembered of it."""
    return PathField(key, climate=climate, is_even=is_even)
