"""Rules that lean up or down: naive ones, which every model must beat, and a few that people know by name. Pure.

A rule says q + s * lean. How much a lean is worth, s, is learned from its own past outcomes.
"""

from collections.abc import Sequence

import msgspec

from signals.predictors.contract import Column, Features, SignalModel, bound_p

PRIOR_WORTH, PRIOR_COUNT = 0.01, 2_000.0
"""The worth of a lean at the start, and how many outcomes that start is worth."""
LEAST_WORTH, MOST_WORTH = 0.002, 0.2
"""A rule never falls silent and never turns around."""


class LeanWorth(msgspec.Struct):
    """What a lean of 1 is worth as a probability: the slope of y - q on past leans, within bounds."""

    gain: float = PRIOR_WORTH * PRIOR_COUNT
    weight: float = PRIOR_COUNT

    @property
    def value(self) -> float:
        """The probability that a lean of 1 adds."""
        return min(max(self.gain / self.weight, LEAST_WORTH), MOST_WORTH)

    def learn(self, leans: Sequence[float], q: Sequence[float], y: Sequence[float | None]) -> None:
        """Take the outcomes of a bar."""
        for lean, base, came in zip(leans, q, y, strict=True):
            if came is not None:
                self.gain += lean * (came - base)
                self.weight += lean * lean


def bounded(value: float, most: float = 1.0) -> float:
    """Return a lean within -1 and 1, `most` standing for a whole one."""
    share = value / most
    return -1.0 if share < -1 else 1.0 if share > 1 else share


def sign(value: float) -> float:
    """Return 1, -1, or 0 for no sign."""
    return 1.0 if value > 0 else -1.0 if value < 0 else 0.0


class RuleModel(SignalModel, kw_only=True):
    """A rule: `lean` for one symbol, from -1 to 1. It abstains where a feature that it uses is missing."""

    worth: LeanWorth = msgspec.field(default_factory=LeanWorth)

    def lean(self, *values: float) -> float:
        """Return the lean by the values of the features in `uses`, in their order; none of them is missing."""
        raise NotImplementedError  # each kind says how

    def compute_leans(self, features: Features, count: int) -> list[float]:
        """Return the lean of each symbol."""
        columns: list[Column] = [features[name] for name in self.uses]
        if not columns:
            return [self.lean()] * count
        return [0.0 if None in values else self.lean(*values) for values in zip(*columns, strict=True)]

    def predict(self, features: Features, q: Sequence[float]) -> list[float | None]:
        """Return q and what the lean adds to it."""
        worth = self.worth.value
        leans = self.compute_leans(features, len(q))
        return [bound_p(base + worth * lean) for base, lean in zip(q, leans, strict=True)]

    def learn(self, features: Features, q: Sequence[float], y: Sequence[float | None]) -> None:
        """Learn what the lean is worth."""
        self.worth.learn(self.compute_leans(features, len(q)), q, y)


class AlwaysUp(RuleModel, kw_only=True):
    """Everything rises."""

    name: str = "always up"

    def lean(self, *values: float) -> float:
        """Return 1."""
        return 1.0


class LastSign(RuleModel, kw_only=True):
    """What rose goes on rising."""

    name: str = "last sign"
    uses: tuple[str, ...] = ("return_1",)

    def lean(self, *values: float) -> float:
        """Return the sign of the last return."""
        return sign(values[0])


class SignAverage(RuleModel, kw_only=True):
    """What rose more often than not of late goes on rising."""

    name: str = "EWMA of sign"
    uses: tuple[str, ...] = ("sign_ewma",)

    def lean(self, *values: float) -> float:
        """Return the exponential average of past signs itself."""
        return bounded(values[0])


class Momentum(RuleModel, kw_only=True):
    """A move goes on. The return is in sigma."""

    name: str = "momentum"
    uses: tuple[str, ...] = ("return_12",)

    def lean(self, *values: float) -> float:
        """Return the return, 2 sigma being a whole lean."""
        return bounded(values[0], 2)


class Reversal(RuleModel, kw_only=True):
    """A move turns back."""

    name: str = "reversal"
    uses: tuple[str, ...] = ("return_1",)

    def lean(self, *values: float) -> float:
        """Return the return turned around, 2 sigma being a whole lean."""
        return -bounded(values[0], 2)


class Breakout(RuleModel, kw_only=True):
    """A price that leaves its range on unusual volume goes on. Position is -1 to 1, volume relative to its minute's."""

    name: str = "breakout with volume"
    uses: tuple[str, ...] = ("range_position", "relative_volume")
    edge: float = 0.95
    least_volume: float = 1.5

    def lean(self, *values: float) -> float:
        """Return the side of the edge where the volume is there, else 0."""
        position, volume = values
        return sign(position) if abs(position) >= self.edge and volume >= self.least_volume else 0.0


class VolatilityPremium(RuleModel, kw_only=True):
    """Where options cost more than moves were worth, the price drifts up. Both volatilities are in percent a year."""

    name: str = "volatility premium"
    uses: tuple[str, ...] = ("implied_volatility", "realised_volatility")

    def lean(self, *values: float) -> float:
        """Return the premium in the share of the realised volatility, a half being a whole lean."""
        implied, realised = values
        return bounded(implied / realised - 1, 0.5) if realised > 0 else 0.0


class NewsDrift(RuleModel, kw_only=True):
    """What news moved goes on for a while: the move since the newest story of the last hour, in sigma."""

    name: str = "post-news drift"
    uses: tuple[str, ...] = ("move_since_news",)

    def lean(self, *values: float) -> float:
        """Return the move since the story, 2 sigma being a whole lean."""
        return bounded(values[0], 2)


NAIVE: tuple[type[RuleModel], ...] = (AlwaysUp, LastSign, SignAverage)
"""The rules that are on every board."""
NAMED: tuple[type[RuleModel], ...] = (Momentum, Reversal, Breakout, VolatilityPremium, NewsDrift)
