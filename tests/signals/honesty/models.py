"""Models of the honesty runs: those that know something, those that know nothing, and those that cheat."""

import random
from collections.abc import Sequence

from signals.predictors.contract import Features, SignalModel, bound_p
from signals.predictors.logistic import OnlineLogistic
from signals.predictors.rules import Momentum, Reversal, RuleModel, bounded


class Coin(RuleModel, kw_only=True):
    """Leans at random."""

    name: str = "coin"
    seed: int = 0

    def compute_leans(self, features: Features, count: int) -> list[float]:
        """Return a lean of 1 or -1 each."""
        self.seed += 1
        rng = random.Random(self.seed // 2)  # the second call of a bar, to learn, sees what the first one said
        return [rng.choice((-1.0, 1.0)) for _ in range(count)]


class PlantedFeature(SignalModel, kw_only=True):
    """Says what a feature in sigma is worth; the market's moves make 0.47 of a correlation a probability."""

    name: str = "feature"
    uses: tuple[str, ...] = ("planted",)
    planted: float = 0.05

    def predict(self, features: Features, q: Sequence[float]) -> list[float | None]:
        """Return q and the feature's worth."""
        worth = 0.47 * self.planted
        return [bound_p(base + worth * (value or 0.0)) for base, value in zip(q, features[self.uses[0]], strict=True)]


class Cross(RuleModel, kw_only=True):
    """Leans on how a symbol did beside the others."""

    name: str = "cross"
    uses: tuple[str, ...] = ("cross",)

    def lean(self, *values: float) -> float:
        """Return the difference, 2 sigma being a whole lean."""
        return bounded(values[0], 2)


def eight_signals(seed: int, planted: float = 0.05) -> list[SignalModel]:
    """The eight of the runs on a walk."""
    return [
        Momentum(name="momentum 1", uses=("return_1",)),
        Momentum(name="momentum 12"),
        Reversal(name="reversal 1"),
        Reversal(name="reversal 12", uses=("return_12",)),
        Cross(),
        Coin(seed=2 * seed),
        online(),
        PlantedFeature(planted=planted),
    ]


def online() -> OnlineLogistic:
    """The online model over what it may know."""
    return OnlineLogistic(uses=("return_1", "return_12", "cross", "planted"))
