"""Models of one's own are named in SIGNALS; a name that leads nowhere says so."""

import pytest

from signals.predictors.plugins import SignalPluginError, load_models
from signals.predictors.rules import Momentum, Reversal


def test_they_come_in_order():
    models = load_models(["signals.predictors.rules.Reversal", "signals.predictors.rules.Momentum"])
    assert models == [Reversal(), Momentum()]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("no.such.module.Model", "no.such.module.Model, which cannot be made: No module named"),
        ("signals.predictors.rules.Missing", "has no attribute 'Missing'"),
        ("signals.predictors.contract.SignalModel", "Missing required argument 'name'"),
        ("signals.predictors.rules.LeanWorth", "is a LeanWorth and no SignalModel"),
        ("Momentum", "Empty module name"),
    ],
)
def test_a_name_that_leads_to_no_model_is_named(path, words):
    with pytest.raises(SignalPluginError, match=words) as caught:
        load_models([path])
    assert f"SIGNALS names {path}" in str(caught.value)


def test_two_of_one_name_and_version_are_refused():
    with pytest.raises(SignalPluginError, match="another one has"):
        load_models(["signals.predictors.rules.Momentum"] * 2)
