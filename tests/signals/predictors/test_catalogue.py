"""The models of every desk: what they look at exists, and a change of their code is a new version."""

from signals.features.inputs import INPUTS
from signals.predictors.catalogue import all_models, built_in, by_key
from signals.predictors.contract import Register, hash_model

HASHES = {
    ("always up", "1"): "849b2f5c03f65b04",
    ("last sign", "1"): "e170bc6218d6ec3b",
    ("EWMA of sign", "1"): "eda8732b1460d8ff",
    ("momentum", "1"): "6cc3f557cd7d69c7",
    ("reversal", "1"): "a131d9a8ed035763",
    ("breakout with volume", "1"): "941f4886f1ec28fa",
    ("volatility premium", "1"): "096495b86dbde6b7",
    ("post-news drift", "1"): "c1e9c6576e76ff57",
    ("online logistic", "1"): "29a065b3ce986dd4",
    ("online logistic, 1 h", "1"): "000d7cfc9fee9a31",
}
"""A registration holds this. Whoever changes the module of a model raises its version here and there."""


def test_a_change_of_code_is_a_new_version():
    assert {key: hash_model(model)[:16] for key, model in by_key(built_in()).items()} == HASHES


def test_they_name_features_that_there_are_and_fit_into_the_slots_of_a_year():
    register = Register()
    for model in built_in():
        assert set(model.uses) <= set(INPUTS)
        register.register(model, 2026, universe="u", horizon_s=300, schedule="s")
    assert len(register.registrations) == 10


def test_those_of_ones_own_come_last():
    models = all_models(["tests.signals.honesty.models.Coin"])
    assert [model.name for model in models[:10]] == [model.name for model in built_in()]
    assert models[10].name == "coin"
    assert len(all_models(["no.such.Model"])) == 10
