"""Whoever owns a person may be killed at any moment, hand over, or have its clock set: each signal has one outcome."""

from tests.scenarios.signals.kills import BEGIN, Troubles, find_faults
from tests.scenarios.signals.trial import Trial


def test_each_signal_has_exactly_one_outcome(sqlite_ledger):
    trial, troubles = Trial(sqlite_ledger), Troubles(seed=7, count=5)
    trial.run(BEGIN, troubles.happen)
    assert find_faults(trial, troubles.ended) == []
    assert sum(troubles.suffered.values()) == 5
    assert troubles.suffered["kill"] >= 2
    assert trial.count("outcome") >= 40
