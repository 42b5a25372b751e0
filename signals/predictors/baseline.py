"""The past base rate: what somebody would say who knows only how often prices rose so far. Pure."""

import math
from collections.abc import Iterable, Sequence

import msgspec

PRIOR = 400.0
"""How many outcomes the even chance at the start is worth."""


class BaseRate(msgspec.Struct):
    """How often a horizon's moves went up, of all symbols together, ties as halves."""

    ups: float = 0.0
    count: int = 0

    @property
    def value(self) -> float:
        """The probability of a rise by what is known now."""
        return (self.ups + PRIOR / 2) / (self.count + PRIOR)

    def learn(self, y: Iterable[float | None]) -> None:
        """Count the outcomes of a bar; lost and void ones are None."""
        known = [up for up in y if up is not None]
        self.ups += math.fsum(known)
        self.count += len(known)


class LearnedRate(BaseRate):
    """The base rate of a horizon as it is published: each bar is counted once, by the first model that tells of it."""

    newest: int = -1
    """The newest bar that was counted, in ms."""

    def learn_bar(self, bar: int, y: Sequence[float | None]) -> None:
        """Count the outcomes of a bar, unless one as new was counted, or nothing of it is known."""
        if bar > self.newest and any(up is not None for up in y):
            self.newest = bar
            self.learn(y)
