"""What a bar says for or against a model: one step for all symbols together, because symbols move together. Pure.

`p` are the probabilities that a model gave, `q` those of its baseline, `y` what came: 1 up, 0 down, 0.5 unchanged.
A step is scaled by the largest mean it could have had at any bar so far, this one included. That is known before the
outcome, so it gives nothing away.
"""

from collections.abc import Sequence

import msgspec

MOST_GAIN = 4.0
"""Up to how many sigma a gain counts. A loss counts whole."""
PAY_SCALE = 20.0


class StepScale(msgspec.Struct):
    """The largest mean that a bar's step could have had so far."""

    largest: float = 0.0

    def scale(self, mean: float, bound: float) -> float:
        """Return a bar's mean within -1 to 1, after its own bound."""
        self.largest = max(self.largest, bound)
        return mean / self.largest if self.largest else 0.0


def knows(p: Sequence[float], q: Sequence[float], y: Sequence[float], scale: StepScale) -> float:
    """Return the step for "the model knows more than its baseline": the mean of (p - q)(y - q)."""
    gain = bound = 0.0
    for said, base, came in zip(p, q, y, strict=True):
        lean = said - base
        gain += lean * (came - base)
        bound += abs(lean) * (base if base > 0.5 else 1 - base)
    return scale.scale(gain / len(p), bound / len(p))


def worse(p: Sequence[float], q: Sequence[float], y: Sequence[float], scale: StepScale) -> float:
    """Return the step for "p is worse than q": the mean of its Brier score less that of q.

    With a champion's probabilities for p and a challenger's for q it is the evidence of the challenger.
    """
    loss = bound = 0.0
    for said, base, came in zip(p, q, y, strict=True):
        lean, both = said - base, said + base
        loss += lean * (both - 2 * came)
        bound += abs(lean) * (both if both > 1 else 2 - both)
    return scale.scale(loss / len(p), bound / len(p))


def pays(net: Sequence[float], sigma: Sequence[float]) -> float:
    """Return the step for "the model pays after costs": the mean of net/sigma, gains up to 4, losses unclipped.

    `net` and `sigma` are in one unit; sigma is that of the horizon's move, known before it.
    """
    total = 0.0
    for earned, usual in zip(net, sigma, strict=True):
        share = earned / usual
        total += share if share < MOST_GAIN else MOST_GAIN
    return total / len(net) / PAY_SCALE
