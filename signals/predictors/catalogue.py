"""The models of a desk: the built-in ones, and those that SIGNALS names. Any change of one is a new version."""

from collections.abc import Sequence

from signals.predictors.contract import SignalModel
from signals.predictors.logistic import OnlineLogistic
from signals.predictors.plugins import FoundPlugins, find_models
from signals.predictors.rules import (
    AlwaysUp,
    Breakout,
    LastSign,
    Momentum,
    NewsDrift,
    Reversal,
    SignAverage,
    VolatilityPremium,
)

HOUR = 12
"""Bars of an hour."""
LEARNED = (
    "score_return_1", "score_return_3", "score_return_12", "score_vwap_distance", "score_range_position",
    "score_sigma_ratio", "score_volume_ratio", "score_imbalance", "score_spy_return_1", "score_spy_return_12",
    "score_term_slope", "score_news_1h",
)  # fmt: skip
"""What the online models look at."""

ModelKey = tuple[str, str]
"""A name and a version."""


def built_in() -> list[SignalModel]:
    """Return fresh models: the naive rules, the named ones, and an online one for five minutes and for an hour."""
    return [
        AlwaysUp(), LastSign(), SignAverage(),
        Momentum(), Reversal(), Breakout(), VolatilityPremium(), NewsDrift(),
        OnlineLogistic(uses=LEARNED),
        OnlineLogistic(name="online logistic, 1 h", horizon=HOUR, uses=LEARNED),
    ]  # fmt: skip


def all_models(paths: Sequence[str]) -> list[SignalModel]:
    """Return fresh models of a desk, those that `paths` name last. One that cannot be had is left out."""
    return [*built_in(), *find_plugins(paths).models]


def find_plugins(paths: Sequence[str]) -> FoundPlugins:
    """Return fresh models that `paths` name, beside the built-in ones, and why others cannot be had."""
    return find_models(paths, by_key(built_in()))


def by_key(models: Sequence[SignalModel]) -> dict[ModelKey, SignalModel]:
    """Return models by name and version."""
    return {(model.name, model.version): model for model in models}
