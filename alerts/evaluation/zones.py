"""Where a value must be for a comparison to be true, and how far it may go before that changes. Pure."""

import math
import typing

INFINITY = math.inf


class Zone(typing.NamedTuple):
    """The values from `low` to `high`, both among them, or all others if `is_outside`."""

    low: float
    high: float
    is_outside: bool = False

    def holds(self, value: float) -> bool:
        """Whether a value is in it."""
        return (self.low <= value <= self.high) != self.is_outside

    def judge(self, value: float, truth: bool | None, slack: float) -> bool:
        """Return whether the comparison is true now, which was `truth`: what is left counts once it is `slack` away."""
        if self.holds(value):
            return True
        return bool(truth and slack > 0 and not self._is_clear(value, slack))

    def _is_clear(self, value: float, slack: float) -> bool:
        if self.is_outside:
            inward = min(slack, (self.high - self.low) / 2)
            return self.low + inward <= value <= self.high - inward
        return value <= self.low - slack or value >= self.high + slack

    def borders(self, value: float, truth: bool, slack: float) -> tuple[float, float]:
        """Return (down, up): the judgement stays what it is while down < value < up."""
        if self.is_outside:
            if not truth:
                return math.nextafter(self.low, -INFINITY), math.nextafter(self.high, INFINITY)
            inward = min(slack, (self.high - self.low) / 2)
            return (
                (-INFINITY, self.low + inward) if value < (self.low + self.high) / 2 else (self.high - inward, INFINITY)
            )
        if truth:
            down = self.low - slack if slack else math.nextafter(self.low, -INFINITY)
            return down, self.high + slack if slack else math.nextafter(self.high, INFINITY)
        return (-INFINITY, self.low) if value < self.low else (self.high, INFINITY)

    def meets(self, low: float, high: float) -> bool:
        """Whether a price that went from `low` to `high`, and was at both, was in it for certain."""
        return self.holds(low) or self.holds(high)

    def contains(self, low: float, high: float) -> bool:
        """Whether all prices from `low` to `high` are in it."""
        if self.is_outside:
            return high < self.low or low > self.high
        return self.low <= low and high <= self.high


def above(level: float) -> Zone:
    """Everything above a level."""
    return Zone(math.nextafter(level, INFINITY), INFINITY)


def below(level: float) -> Zone:
    """Everything below a level."""
    return Zone(-INFINITY, math.nextafter(level, -INFINITY))


def at_least(level: float) -> Zone:
    """A level and everything above it."""
    return Zone(level, INFINITY)


def at_most(level: float) -> Zone:
    """A level and everything below it."""
    return Zone(-INFINITY, level)


class Sides(typing.NamedTuple):
    """The two sides of a level: the truth is whether the value is above it. Reaching the level crosses it."""

    level: float

    def judge(self, value: float, truth: bool | None, slack: float) -> bool | None:
        """Return the side; None at the level itself, and until the value is `slack` away from it."""
        if (truth is None and abs(value - self.level) < slack) or value == self.level:
            return None
        return value > self.level

    def borders(self, value: float, truth: bool | None, slack: float) -> tuple[float, float]:
        """Return (down, up): the judgement stays what it is while down < value < up."""
        if truth is None:
            away = slack or math.ulp(self.level)
            return self.level - away, self.level + away
        return (self.level, INFINITY) if truth else (-INFINITY, self.level)
