"""docs/signals.md says what the code does."""

import re
import typing

import pytest

from config.env import BASE_DIR
from signals.evidence.process import PAY_STAKES, STAKES
from signals.predictors.contract import GateThresholds, SignalModel
from signals.record.outcome import WAYS, VoidRule
from tests.signals.predictors.test_rules import ALL

TEXT = (BASE_DIR / "docs/signals.md").read_text()


def test_the_model_of_the_example_works():
    (code,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    names = {"SignalModel": SignalModel}
    exec(code, names)  # noqa: S102  # the example of the page
    model = typing.cast(typing.Any, names["Overnight"])()
    features = {"return_12": [1.0, None, -1.0], "implied_volatility": [20.0, 20.0, None]}
    assert model.predict(features, [0.5] * 3) == [0.51, 0.5, 0.5]


@pytest.mark.parametrize("said", [
    "320", "300 bars, 20 sessions, coverage of 99 %, at most 5 % void", "0.5 to 1.5 and 3 standard errors",
    "at least 1.25", "over the last 20 sessions", "reached 20; for ever",
])  # fmt: skip
def test_the_thresholds_are_those_of_the_code(said):
    assert said in TEXT
    gates = GateThresholds()
    assert (gates.evidence, gates.bars, gates.sessions, gates.coverage, gates.voids) == (320, 300, 20, 0.99, 0.05)
    assert (gates.slope, gates.errors, gates.alive_z, gates.alive_sessions) == ((0.5, 1.5), 3, 1.25, 20)
    assert gates.retire == 20


def test_stakes_and_voids_are_those_of_the_code():
    assert f"({', '.join(map(str, STAKES))})" in TEXT
    assert f"shares of {PAY_STAKES[0]} to {PAY_STAKES[-1]}" in TEXT
    assert (VoidRule().oldest_quote_ms, VoidRule().widest_spread_bps) == (5_000, 30)
    for way in WAYS[1:4]:
        assert f"`{way}`" in TEXT


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.name)
def test_every_rule_is_named(rule):
    assert rule.name in TEXT
