"""Models of one's own are named in SIGNALS; one that cannot be had says why, and stops neither others nor the desk."""

import sys
import types

import pytest
from django.core.checks import run_checks

from signals.predictors.catalogue import all_models, find_plugins
from signals.predictors.contract import SignalModel
from signals.predictors.plugins import find_models
from signals.predictors.rules import Momentum, Reversal

RULES = "signals.predictors.rules"


def test_they_come_in_order():
    found = find_models([f"{RULES}.Reversal", f"{RULES}.Momentum"])
    assert found.models == [Reversal(), Momentum()]
    assert found.problems == {}


@pytest.fixture
def mine(monkeypatch):
    """A module of one's own, in which `make` makes something."""
    module = types.ModuleType("mine")
    monkeypatch.setitem(sys.modules, "mine", module)
    return module


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("no.such.module.Model", "no.such.module.Model, which cannot be made: No module named"),
        (f"{RULES}.Missing", "has no attribute 'Missing'"),
        ("signals.predictors.contract.SignalModel", "Missing required argument 'name'"),
        (f"{RULES}.LeanWorth", "is a LeanWorth and no SignalModel"),
        ("Momentum", "Empty module name"),
    ],
)
def test_a_name_that_leads_to_no_model_is_named_and_the_next_one_is_there(path, words):
    found = find_models([path, f"{RULES}.Momentum"])
    assert found.models == [Momentum()]
    assert found.problems[path].startswith(f"SIGNALS names {path}")
    assert words in found.problems[path]


class Unkept(Momentum, kw_only=True):
    """A model whose state cannot be taken up again."""

    def restore(self, state):
        raise ValueError("it was never tried")


class Shared(Momentum, kw_only=True):
    """A model of which there is one for everybody."""

    def restore(self, state):
        return self


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (Momentum(name="m" * 61), "whose name is not of 1 to 60 characters"),
        (Momentum(version=""), "or its version of 1 to 20"),
        (Momentum(horizon=78), "whose horizon is 78 bars and not 1 to 77"),
        (Momentum(horizon=0), "whose horizon is 0 bars"),
        (Unkept(), "whose code or state cannot be kept: it was never tried"),
        (Shared(), "whose restore returns the model itself"),
    ],
)
def test_what_cannot_be_registered_is_named(mine, made, words):
    mine.make = lambda: made
    assert words in find_models(["mine.make"]).problems["mine.make"]


@pytest.mark.parametrize("raised", [SystemExit(3), ZeroDivisionError("no"), KeyError("no")])
def test_whatever_a_module_raises_is_a_reason(mine, raised):
    def make() -> SignalModel:
        raise raised

    mine.make = make
    assert "which cannot be made" in find_models(["mine.make"]).problems["mine.make"]


def test_a_second_one_of_a_name_and_version_is_refused():
    path, other = f"{RULES}.Momentum", "signals.predictors.rules.Momentum"
    found = find_models([path, other])
    assert found.models == [Momentum()]
    assert "whose name and version another one has" in found.problems[path]
    assert "another one has" in find_plugins([path]).problems[path], "a built-in one is not replaced"
    assert len(all_models([path])) == 10


def test_a_desk_starts_without_a_model_that_cannot_be_had(settings):
    settings.SIGNALS = ["no.such.Model"]
    (found,) = [message for message in run_checks() if message.id == "signals.W001"]
    assert "SIGNALS names no.such.Model, which cannot be made" in found.msg
    assert not found.is_serious()
