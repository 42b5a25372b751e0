"""What built-in models say and learn, written anew for `recompute`: it imports no product."""

from collections.abc import Callable
from typing import Any

import numpy as np

RULES: dict[str, Callable[..., Any]] = {
    "always up": lambda: 1.0,
    "last sign": np.sign,
    "EWMA of sign": lambda signs: np.clip(signs, -1, 1),
    "momentum": lambda moves: np.clip(moves / 2, -1, 1),
    "reversal": lambda moves: -np.clip(moves / 2, -1, 1),
    "breakout with volume": lambda place, volume: np.where((abs(place) >= 0.95) & (volume >= 1.5), np.sign(place), 0),
    "volatility premium": lambda iv, rv: np.where(rv > 0, np.clip(2 * (iv / rv - 1), -1, 1), 0),
    "post-news drift": lambda moves: np.clip(moves / 2, -1, 1),
}


class Replica:
    """A rule, or an online logistic, as it was registered; of other models only how often they learned."""

    def __init__(self, told):
        self.uses, self.horizon = told["features"], told["horizon"]
        self.rule, self.is_logistic = RULES.get(told["name"]), told["name"].startswith("online logistic")
        self.gain, self.weight = (0.5, 0.5) if self.is_logistic else (20.0, 2000.0)
        self.most: tuple[float, float] = (0, 1) if self.is_logistic else (0.002, 0.2)
        self.past, self.learned = [np.zeros(2 * len(self.uses))], 0

    @property
    def is_built_in(self):
        return self.is_logistic or self.rule is not None

    def lean(self, batch, q, weights):
        """Return inputs and the rule's lean, or how far weights of values and of flags of missing ones lead from q."""
        x = np.array([batch["features"][name] for name in self.uses], float).reshape(len(self.uses), len(q))
        if self.rule:
            return x, np.where(np.isnan(x).any(axis=0), 0.0, self.rule(*x))
        x = np.stack([np.nan_to_num(x), np.isnan(x)], axis=1).reshape(-1, len(q))
        return x, 1 / (1 + np.exp(-np.log(q / (1 - q)) - weights @ x)) - q

    def say(self, batch, q):
        """Return p: q and what the lean was worth so far."""
        _, lean = self.lean(batch, q, self.past[-1])
        return np.clip(q + np.clip(self.gain / self.weight, *self.most) * lean, 0.01, 0.99)

    def learn(self, batch, y):
        """Take what came; nan is not known."""
        self.learned, q, known = self.learned + 1, np.array(batch["q"]), ~np.isnan(y)
        if not self.is_built_in or not any(known):
            return
        lean = self.lean(batch, q, self.past[0])[1][known]
        self.gain, self.weight = self.gain + lean @ (y - q)[known], self.weight + lean @ lean
        if self.is_logistic:
            x, now = self.lean(batch, q, self.past[-1])
            slope = x[:, known] @ (q + now - y)[known] / sum(known) + 1e-4 * self.past[-1]
            self.past = [*self.past, self.past[-1] - 0.02 * slope][-self.horizon :]
