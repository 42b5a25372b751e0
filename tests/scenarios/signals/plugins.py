"""Models of somebody's own that do what none should."""

import math

from signals.predictors.contract import SignalModel


class Fine(SignalModel, kw_only=True):
    """Says what it may."""

    name: str = "fine"
    uses: tuple[str, ...] = ("return_1",)

    def predict(self, features, q):
        return [0.55] * len(q)


class Raising(Fine, kw_only=True):
    """Raises at every bar, and as it learns."""

    name: str = "raising"

    def predict(self, features, q):
        raise ZeroDivisionError("no volume")

    def learn(self, features, q, y):
        raise ZeroDivisionError("nothing to divide by")


class Forgetful(Fine, kw_only=True):
    """Cannot take up what it had learned, once that is lost."""

    name: str = "forgetful"

    def restore(self, state):
        if LOST:
            raise ZeroDivisionError("nothing to go on from")
        return super().restore(state)


LOST: list[int] = []


class Unnumbered(Fine, kw_only=True):
    """Says what is no number."""

    name: str = "unnumbered"

    def predict(self, features, q):
        return [math.nan] * len(q)


class Curious(Fine, kw_only=True):
    """Wants to know what nobody can."""

    name: str = "curious"
    uses: tuple[str, ...] = ("return_1", "return_next")


class Peeking(Fine, kw_only=True):
    """Knows something of a source of its own."""

    name: str = "peeking"

    def predict(self, features, q):
        PEEKED.append(0)
        return [0.4 + len(PEEKED) / 1e6] * len(q)


PEEKED: list[int] = []
"""How often it looked there."""
