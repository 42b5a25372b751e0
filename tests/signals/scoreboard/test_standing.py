"""From learning to retired, by gates alone."""

import math

import pytest

from signals.predictors.contract import GateThresholds
from signals.scoreboard.gates import GateReading
from signals.scoreboard.score import ModelScore, open_score
from signals.scoreboard.standing import Challenge, ModelStanding, State, read_confidence, read_side

THRESHOLDS = GateThresholds(slots=8)


def gates(is_open):
    return [
        GateReading(
            gate=f"G{place}", statement="", is_open=str(place) in is_open, number=None, threshold=0, count=0
        )
        for place in range(7)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("state", "is_open", "is_renewed", "then"),
    [
        ("learning", "", False, "learning"), ("learning", "0125", False, "learning"),
        ("learning", "01235", False, "knows"), ("learning", "012345", False, "pays"),
        ("learning", "0145", False, "learning"), ("learning", "6", False, "retired"),
        ("knows", "01235", False, "knows"), ("knows", "012345", False, "pays"), ("knows", "025", False, "knows"),
        ("knows", "0123", False, "fading"), ("pays", "01234", False, "fading"), ("pays", "0123456", False, "retired"),
        ("fading", "01235", False, "fading"), ("fading", "0123", True, "fading"), ("fading", "01235", True, "knows"),
        ("fading", "6", False, "retired"), ("retired", "012345", True, "retired"),
    ],
)  # fmt: skip
def test_what_follows(state, is_open, is_renewed, then):
    assert ModelStanding(state=state).decide(gates(is_open), is_renewed) == then


def test_confidence_is_null_until_it_was_shown_and_when_it_no_longer_is():
    assert read_confidence(0.4, 0.5, "knows", gates("01235")) == 0.6
    assert read_confidence(0.6, 0.5, "pays", gates("012345")) == 0.6
    shut: list[tuple[State, str]] = [("learning", "01235"), ("knows", "0125"), ("fading", "01235"), ("retired", "0123")]
    for state, is_open in shut:
        assert read_confidence(0.6, 0.5, state, gates(is_open)) is None


def test_confidence_is_that_of_the_side_that_is_scored():
    for p, q, side in ((0.505, 0.512, "down"), (0.495, 0.488, "up"), (0.6, 0.5, "up")):
        assert read_side(p, q) == side
        assert read_confidence(p, q, "knows", gates("01235")) == (p if side == "up" else 1 - p)
    assert (read_side(0.6, 0.6), read_confidence(0.6, 0.6, "knows", gates("01235"))) == (None, None)


def live(score, sessions, step, first=0):
    """Sessions of 78 bars whose steps of knowing waver around a mean."""
    for session in range(first, first + sessions):
        for bar in range(78):
            score.expect(f"day {session:03}")
            x = step + (0.5 if bar % 2 else -0.5)
            line, place = score.sessions[-1], session * 78 + bar
            score.knows.add(place, x)
            line.bars += 1
            line.steps += x
            line.squares += x * x
            score.bars += 1
            score.covered += 1
            score.signals += 1


def test_a_model_that_faded_must_know_as_much_anew(monkeypatch):
    monkeypatch.setattr("signals.scoreboard.gates.read_calibrated", lambda score, thresholds: gates("3")[3])
    score, standing = open_score(1), ModelStanding()
    live(score, 20, 0.1)
    assert standing.look(score, THRESHOLDS, "day 019") == "knows"
    live(score, 20, 0.0, first=20)
    assert standing.look(score, THRESHOLDS, "day 039") == "fading"
    faded = score.knows.log
    live(score, 4, 0.1, first=40)
    assert score.measure_life(20) == pytest.approx(1.6, abs=0.1)
    assert score.knows.highest > math.log(160) > score.knows.log - faded
    assert standing.look(score, THRESHOLDS, "day 043") == "fading"
    live(score, 6, 0.1, first=44)
    assert standing.look(score, THRESHOLDS, "day 049") == "knows"
    assert [state for _, state in standing.history] == ["knows", "fading", "knows"]


def test_the_gates_tell_what_is_missing():
    standing = ModelStanding()
    assert standing.look(ModelScore(), THRESHOLDS, "day 000") == "learning"
    assert standing.history == []


def test_a_challenger_wins_by_evidence_on_the_same_bars():
    challenge = Challenge(champion="a", challenger="b")
    for place in range(200):
        challenge.add(place, [0.4], [0.6], [float(place % 3 > 0)])
    assert challenge.is_won(THRESHOLDS)
    lost = Challenge(champion="a", challenger="b")
    for place in range(200):
        lost.add(place, [0.6], [0.4], [float(place % 3 > 0)])
    assert not lost.is_won(THRESHOLDS)
