"""One logistic regression for all symbols, learned online: it predicts first and learns from the outcome. Pure."""

import math
from collections.abc import Sequence

from signals.predictors.contract import Column, Features, SignalModel, bound_p


def _columns(features: Features, names: Sequence[str]) -> list[list[float]]:
    """Return two columns a feature: its values, 0 where missing, and the flag that says so."""
    found: list[list[float]] = []
    for name in names:
        column: Column = features[name]
        found.append([0.0 if value is None else value for value in column])
        found.append([float(value is None) for value in column])
    return found


class OnlineLogistic(SignalModel, kw_only=True):
    """Adds to the baseline's log odds a weight for each feature and for each that is missing.

    One step of gradient descent a bar, by the mean over its symbols: rate 0.02, L2 1e-4.
    """

    name: str = "online logistic"
    rate: float = 0.02
    decay: float = 1e-4
    weights: list[float] = []

    def __post_init__(self) -> None:
        if not self.weights:
            self.weights = [0.0] * (2 * len(self.uses))

    def _predict(self, columns: list[list[float]], q: Sequence[float]) -> list[float]:
        """Return the probability of each symbol, unbounded."""
        odds = [math.log(base / (1 - base)) for base in q]
        for weight, column in zip(self.weights, columns, strict=True):
            if weight:
                odds = [log_odds + weight * value for log_odds, value in zip(odds, column, strict=True)]
        return [1 / (1 + math.exp(-log_odds)) for log_odds in odds]

    def predict(self, features: Features, q: Sequence[float]) -> list[float | None]:
        """Return what the weights of now make of the features."""
        return [bound_p(p) for p in self._predict(_columns(features, self.uses), q)]

    def learn(self, features: Features, q: Sequence[float], y: Sequence[float | None]) -> None:
        """Go one step towards the outcomes that are known."""
        columns = _columns(features, self.uses)
        errors = [
            0.0 if came is None else p - came for p, came in zip(self._predict(columns, q), y, strict=True)
        ]  # fmt: skip
        known = sum(came is not None for came in y)
        if not known:
            return
        for place, column in enumerate(columns):
            slope = sum(error * value for error, value in zip(errors, column, strict=True)) / known
            self.weights[place] -= self.rate * (slope + self.decay * self.weights[place])
