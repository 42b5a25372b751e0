"""What is registered of a model, and that it cannot be changed without a new version and a new slot."""

import pytest

from signals.predictors.contract import GateThresholds, Register, SlotError, hash_model
from signals.predictors.logistic import OnlineLogistic
from signals.predictors.rules import Breakout, Momentum

SAID = {"universe": "held and watched", "horizon_s": 300, "schedule": "every 5m bar of regular hours"}


def test_all_that_decides_the_score_is_in_the_registration():
    registration = Register().register(Momentum(), 2026, **SAID)
    assert (registration.name, registration.version, registration.slot) == ("momentum", "1", 1)
    assert registration.features == ("return_12",)
    assert registration.gates.evidence == 320
    assert len(registration.sha256) == 64


@pytest.mark.parametrize("other", [Momentum(uses=("return_1",)), Momentum(horizon=2), Breakout()])
def test_the_hash_is_of_code_and_parameters(other):
    assert hash_model(Momentum()) == hash_model(Momentum())
    assert hash_model(other) != hash_model(Momentum())


def test_the_same_version_with_other_parameters_is_refused():
    register = Register()
    first = register.register(Breakout(), 2026, **SAID)
    assert register.register(Breakout(), 2026, **SAID) == first
    with pytest.raises(SlotError, match="raise its version"):
        register.register(Breakout(edge=0.9), 2026, **SAID)
    assert register.register(Breakout(edge=0.9, version="2"), 2026, **SAID).slot == 2


def test_slots_are_counted_by_year_and_never_given_back():
    register = Register()
    for place in range(16):
        assert register.register(Momentum(name=f"m{place}"), 2026, **SAID).slot == place + 1
    with pytest.raises(SlotError, match="all 16 slots of 2026"):
        register.register(Momentum(name="m16"), 2026, **SAID)
    assert register.register(Momentum(name="m16"), 2027, **SAID).slot == 1


def test_tests_have_eight_slots_and_160():
    assert GateThresholds(slots=8).evidence == 160


def test_a_model_goes_on_after_a_restart():
    model = OnlineLogistic(uses=("a",))
    model.learn({"a": [1.0, -1.0]}, [0.5, 0.5], [1.0, 0.0])
    assert OnlineLogistic(uses=("a",)).restore(model.dump_state()) == model
