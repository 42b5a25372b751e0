"""Each gate tells its number, its threshold, its count, and what is missing."""

import math

import pytest

from signals.predictors.contract import GateThresholds
from signals.scoreboard.gates import read_gates
from signals.scoreboard.score import ModelScore, ScoredSession

THRESHOLDS = GateThresholds()


def read(score, gate, **said):
    return next(reading for reading in read_gates(score, THRESHOLDS, **said) if reading.gate == gate)


def enough(**changed):
    lines = [ScoredSession(session=f"day {place:03}", bars=20) for place in range(20)]
    return ModelScore(**{
        "sessions": lines, "bars": 400, "scheduled": 400, "covered": 398.0, "signals": 800, "voids": 8, **changed
    })  # fmt: skip


def test_all_seven_are_there_and_shut_at_first():
    assert [(reading.gate, reading.is_open) for reading in read_gates(ModelScore(), THRESHOLDS)] == [
        ("G0", True), ("G1", False), ("G2", False), ("G3", False), ("G4", False), ("G5", False), ("G6", False),
    ]  # fmt: skip
    shut = read(ModelScore(), "G0", fault="fact 3: its batch was changed")
    assert (shut.is_open, shut.missing) == (False, "fact 3: its batch was changed")


@pytest.mark.parametrize(
    ("changed", "missing"),
    [
        ({}, ""), ({"bars": 299}, "1 bars"), ({"covered": 395.0}, "coverage is 98.8%, at least 99% is needed"),
        ({"voids": 41}, "5.1% are void, at most 5% may be"), ({"sessions": []}, "20 sessions"),
        ({"signals": 0}, "how many are void is not known, at most 5% may be"),
    ],
)  # fmt: skip
def test_enough(changed, missing):
    reading = read(enough(**changed), "G1")
    assert (reading.is_open, reading.missing) == (not missing, missing)


@pytest.mark.parametrize(
    ("gate", "part", "threshold"), [("G2", "knows", 320), ("G4", "pays", 320), ("G6", "worse", 20)]
)
def test_evidence_opens_at_its_threshold_and_stays(gate, part, threshold):
    score = ModelScore()
    getattr(score, part).highest = math.log(threshold) - 1e-9
    assert read(score, gate).missing == f"evidence of {threshold}"
    getattr(score, part).highest = math.log(threshold)
    assert read(score, gate).is_open
    assert read(score, gate).number == 0  # what it is now, beside what it was
