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


PRIOR_LEAN = 0.5
"""The squares of leans that a slope of 1 at the start is worth: those of about a session."""


class OnlineLogistic(SignalModel, kw_only=True):
    """Adds to the baseline's log odds a weight for each feature and for each that is missing.

    One step of gradient descent a bar, by the mean over its symbols: rate 0.02, L2 1e-4. Weights that never stop
    learning exaggerate, so what they say is taken back towards the baseline: p = q + s · (said - q), s being the slope
    of past outcomes on what was said of them, from 0 to 1.
    """

    name: str = "online logistic"
    rate: float = 0.02
    decay: float = 1e-4
    weights: list[float] = []
    past: list[list[float]] = []
    """The weights after each of the last steps, as many as the horizon has bars: the first spoke of what comes now."""
    gain: float = PRIOR_LEAN
    weight: float = PRIOR_LEAN

    def __post_init__(self) -> None:
        if not self.weights:
            self.weights = [0.0] * (2 * len(self.uses))
        if not self.past:
            self.past = [list(self.weights)]

    @staticmethod
    def _predict(weights: Sequence[float], columns: list[list[float]], q: Sequence[float]) -> list[float]:
        """Return the probability of each symbol, unbounded."""
        odds = [math.log(base / (1 - base)) for base in q]
        for weight, column in zip(weights, columns, strict=True):
            if weight:
                odds = [log_odds + weight * value for log_odds, value in zip(odds, column, strict=True)]
        return [1 / (1 + math.exp(-log_odds)) for log_odds in odds]

    def predict(self, features: Features, q: Sequence[float]) -> list[float | None]:
        """Return what the weights of now make of the features, as far as their past bears it out."""
        slope = min(max(self.gain / self.weight, 0.0), 1.0)
        said = self._predict(self.weights, _columns(features, self.uses), q)
        return [bound_p(base + slope * (p - base)) for p, base in zip(said, q, strict=True)]

    def learn(self, features: Features, q: Sequence[float], y: Sequence[float | None]) -> None:
        """Go one step towards the outcomes that are known."""
        if not (known := sum(came is not None for came in y)):
            return
        columns = _columns(features, self.uses)
        said = self._predict(self.weights, columns, q)
        self._learn_slope(said if self.horizon == 1 else self._predict(self.past[0], columns, q), q, y)
        errors = [0.0 if came is None else p - came for p, came in zip(said, y, strict=True)]
        for place, column in enumerate(columns):
            slope = sum(error * value for error, value in zip(errors, column, strict=True)) / known
            self.weights[place] -= self.rate * (slope + self.decay * self.weights[place])
        self.past = [*self.past, list(self.weights)][-self.horizon :]

    def _learn_slope(self, said: Sequence[float], q: Sequence[float], y: Sequence[float | None]) -> None:
        """Count what came of what was said, by weights that knew nothing of it yet."""
        for p, base, came in zip(said, q, y, strict=True):
            if came is not None:
                self.gain += (p - base) * (came - base)
                self.weight += (p - base) * (p - base)
