"""Rules lean by their features, abstain where one is missing, and learn what a lean is worth."""

import pytest

from signals.predictors.rules import (
    LEAST_WORTH,
    MOST_WORTH,
    NAIVE,
    NAMED,
    AlwaysUp,
    Breakout,
    LastSign,
    LeanWorth,
    Momentum,
    NewsDrift,
    Reversal,
    RuleModel,
    SignAverage,
    VolatilityPremium,
)

ALL: list[RuleModel] = [
    AlwaysUp(), LastSign(), SignAverage(), Momentum(), Reversal(), Breakout(), VolatilityPremium(), NewsDrift(),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "values", "lean"),
    [
        (AlwaysUp(), (), 1), (LastSign(), (-0.1,), -1), (LastSign(), (0.0,), 0), (SignAverage(), (0.3,), 0.3),
        (Momentum(), (1.0,), 0.5), (Momentum(), (-9.0,), -1), (Reversal(), (1.0,), -0.5),
        (Breakout(), (0.96, 2.0), 1), (Breakout(), (-1.0, 1.5), -1), (Breakout(), (0.96, 1.4), 0),
        (Breakout(), (0.9, 9.0), 0), (VolatilityPremium(), (25.0, 20.0), 0.5), (VolatilityPremium(), (15.0, 0.0), 0),
        (VolatilityPremium(), (10.0, 20.0), -1), (NewsDrift(), (-1.0,), -0.5),
    ],
)  # fmt: skip
def test_how_it_leans(rule, values, lean):
    features = {name: [value] for name, value in zip(rule.uses, values, strict=True)}
    (p,) = rule.predict(features, [0.52])
    assert p == pytest.approx(0.52 + 0.01 * lean)


@pytest.mark.parametrize("rule", [rule for rule in ALL if rule.uses], ids=lambda rule: rule.name)
def test_it_abstains_where_a_feature_is_missing(rule):
    for missing in rule.uses:
        features = {name: [None if name == missing else 1.0, 1.0] for name in rule.uses}
        assert rule.predict(features, [0.52, 0.52])[0] == 0.52


def test_names_are_different():
    assert [*NAIVE, *NAMED] == [type(rule) for rule in ALL]
    assert len({rule.name for rule in ALL}) == 8


def test_the_worth_of_a_lean_is_learned_and_bounded():
    worth = LeanWorth()
    assert worth.value == pytest.approx(0.01)
    for _ in range(10_000):
        worth.learn([1.0], [0.5], [1.0])
    assert worth.value == MOST_WORTH
    for _ in range(50_000):
        worth.learn([1.0], [0.5], [0.0])
    assert worth.value == LEAST_WORTH


def test_void_and_lost_outcomes_teach_nothing():
    worth = LeanWorth()
    worth.learn([1.0, 1.0], [0.5, 0.5], [None, None])
    assert worth == LeanWorth()
