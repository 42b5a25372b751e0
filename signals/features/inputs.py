"""What models are given of one symbol: the scores that are told, and what rules read in units of their own. Pure.

Scores are called as they are told, with `score_` before them. The others are in the units that
signals/predictors/rules.py names.
"""

import array
import bisect
import math
import typing

from lib.dispersion import EwmaSigma
from lib.incremental import Incremental
from signals.features.bar_features import LEAST_RETURNS, OneBarReturn
from signals.features.bars import FeatureBar
from signals.features.feature_set import NAMES, Raw, Scores
from signals.features.snapshot import EXPECTED_DAYS, STRADDLE, MarketSnapshot

BARS_A_YEAR = 78 * 252
"""Bars of five minutes that regular sessions of a year have."""
SIGN_DECAY = 0.94
NEWS_MS = 3_600_000
"""How old the newest story may be whose move is looked at."""
CLOSES = 13
"""Closes that are kept: those of an hour, and one before."""
SCORED = tuple(f"score_{name}" for name in NAMES)
OWN = (
    "return_1", "return_12", "sign_ewma", "range_position", "relative_volume", "implied_volatility",
    "realised_volatility", "move_since_news",
)  # fmt: skip
INPUTS = (*SCORED, *OWN)
"""Every feature that a model may name."""
Inputs = dict[str, float | None]
"""By name; None is missing."""


class ModelInputs(Incremental):
    """The inputs of one symbol, bar by bar."""

    __slots__ = ("_closes", "_ends", "_one", "_sigma", "_sign", "_signs", "_values")
    STATE = ("_closes", "_ends", "_one", "_sigma", "_sign", "_signs", "_values")

    def __init__(self) -> None:
        self._one, self._sigma = OneBarReturn(), EwmaSigma(least=LEAST_RETURNS)
        self._sign, self._signs = 0.0, 0
        self._ends, self._closes = array.array("q"), array.array("d")
        """When each of the newest bars of the session was over, and its close."""
        self._values: list[float | None] = [None] * len(INPUTS)

    @property
    def values(self) -> Inputs:
        """The inputs after the newest bar of a session."""
        return dict(zip(INPUTS, self._values, strict=True))

    @property
    def sigma_bps(self) -> float | None:
        """The usual size of the next bar's move, in hundredths of a percent."""
        sigma = self._sigma.value
        return sigma * 10_000 if sigma else None

    def take(self, bar: FeatureBar, raw: Raw, scores: Scores, snapshot: MarketSnapshot | None) -> None:
        """Take the next bar, with what features made of it."""
        if not bar.is_regular:
            return
        one = self._one.take(bar)
        if one is None:
            del self._ends[:], self._closes[:]
        else:
            self._sigma.add(one)
            self._sign = SIGN_DECAY * self._sign + (1 - SIGN_DECAY) * ((one > 0) - (one < 0))
            self._signs += 1
        del self._ends[: 1 - CLOSES], self._closes[: 1 - CLOSES]
        self._ends.append(bar.end)
        self._closes.append(bar.close)
        position, volume, expected = raw["range_position"], raw["volume_ratio"], raw["expected_move"]
        sigma = self._sigma.value
        own = {
            "return_1": raw["return_1"], "return_12": raw["return_12"],
            "sign_ewma": self._sign if self._signs >= LEAST_RETURNS else None,
            "range_position": None if position is None else 2 * position - 1,
            "relative_volume": None if volume is None else math.exp(volume),
            "implied_volatility": None if expected is None else implied_volatility(expected),
            "realised_volatility": sigma * math.sqrt(BARS_A_YEAR) * 100 if sigma else None,
            "move_since_news": self._move_since(snapshot, bar),
        }  # fmt: skip
        self._values = [*(scores[name] for name in NAMES), *(own[name] for name in OWN)]

    def _move_since(self, snapshot: MarketSnapshot | None, bar: FeatureBar) -> float | None:
        """Return the move since the newest story of the hour in sigma; missing without one, or a close before it."""
        sigma, at = self._sigma.value, snapshot.news_at if snapshot is not None else None
        if at is None or not sigma or at < bar.end - NEWS_MS:
            return None
        before = bisect.bisect_right(self._ends, at)
        bars = len(self._ends) - before
        if not before or not bars:
            return None
        return math.log(bar.close / self._closes[before - 1]) / (sigma * math.sqrt(bars))


def implied_volatility(expected_move: float) -> float:
    """Return the volatility in percent a year that an expected move is made of."""
    return expected_move / (STRADDLE * math.sqrt(EXPECTED_DAYS / 365)) * 100


def missing_inputs() -> Inputs:
    """Return the inputs of a symbol of which nothing is known."""
    return typing.cast(Inputs, dict.fromkeys(INPUTS))
