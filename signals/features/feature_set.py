"""All features of one symbol, scored by their own past. Pure.

A score is (x − m) / s of the values before it, clipped at ±4, and None where the value is missing or its past is too
short. It is known when its bar is over, or when the snapshot was taken.
"""

from collections.abc import Callable, Mapping

from lib.dispersion import PastMoments
from lib.incremental import Incremental
from signals.features.bar_features import BAR_FEATURES, OF_INDEX, BarFeature
from signals.features.bars import FeatureBar
from signals.features.snapshot import SNAPSHOT_FEATURES, MarketSnapshot

PLACES = 4
"""Digits that are told and stored of a score."""
Scores = dict[str, float | None]
"""What is told, by name: a score, or None for what is missing."""
Raw = dict[str, float | None]
Makers = Mapping[str, Callable[[], BarFeature]]
NAMES = (*BAR_FEATURES, *(f"spy_{name}" for name in OF_INDEX), *SNAPSHOT_FEATURES)
"""Every feature, in the order in which they are told."""


class FeatureSet(Incremental):
    """The features of one symbol. `makers` makes those of bars."""

    __slots__ = ("_features", "_moments", "_names")
    STATE = ("_features", "_moments")

    def __init__(self, makers: Makers = BAR_FEATURES) -> None:
        self._names = (*makers, *NAMES[len(BAR_FEATURES) :])
        self._features = [make() for make in makers.values()]
        self._moments = PastMoments(len(self._names))

    def take(
        self, bar: FeatureBar, index: Mapping[str, float | None], snapshot: MarketSnapshot | None
    ) -> tuple[Raw, Scores]:
        """Take the next bar; return the values after it, and their scores.

        `index` are those of SPY for the same bar, none where it has none, `snapshot` what the board held once it was
        over; None where nobody looked.
        """
        raw: Raw = {name: one.take(bar) for name, one in zip(self._names, self._features, strict=False)}
        raw |= {f"spy_{name}": index.get(name) for name in OF_INDEX}
        for name, read in SNAPSHOT_FEATURES.items():
            raw[name] = read(snapshot) if snapshot is not None and bar.is_regular else None
        return raw, {name: self._score(place, raw[name]) for place, name in enumerate(self._names)}

    def _score(self, place: int, value: float | None) -> float | None:
        found = None if value is None else self._moments.add(value, place)
        return None if found is None else round(found, PLACES)
