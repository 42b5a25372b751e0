"""The table of models: in the order of registration, each number with its count, what is needed in words."""

import math

import msgspec
import pytest

from signals.display.board_rows import describe_need, read_row, read_rows
from signals.learner.run import open_run
from signals.predictors.rules import AlwaysUp
from signals.scoreboard.board import BoardFigure, read_line
from signals.scoreboard.gates import GateReading


def test_models_stand_in_the_order_of_registration_and_none_is_missing(runs):
    rows = read_rows(runs)
    assert [(row.place, row.name) for row in rows] == [
        (place, run.registration.name) for place, run in enumerate(runs, 1)
    ]  # fmt: skip
    assert {row.state for row in rows} == {"learning", "knows", "pays", "fading", "retired"}, "losers stay"


def test_a_row_says_what_the_line_of_the_core_says(runs):
    run = runs[4]
    row, line = read_row(5, run), read_line(run.registration, run.score, run.standing)
    assert row.scored == f"{run.score.skill.count:,}"
    assert row.coverage == f"{100 * (line.figures['coverage'].value or 0):.1f} %"
    assert row.net == f"+{run.score.returns.net / run.score.returns.count:.2f}"
    assert row.knows.seen.startswith(f"{10 ** (run.score.knows.log / math.log(10) % 1):.1f} · 10")
    assert row.counts.startswith(f"{run.score.skill.count:,} outcomes of {run.score.bars:,} bars in 42 sessions")
    assert row.label == "feature v1"


def test_a_model_without_outcomes_has_dashes_and_is_grey(runs):
    row = read_row(1, open_run(AlwaysUp(), runs[0].registration))
    assert row.is_grey
    assert (row.right, row.skill, row.slope, row.gross, row.net, row.worst, row.coverage, row.needed) == ("–",) * 8
    assert (row.scored, row.knows.seen) == ("0", "1.00")


@pytest.mark.parametrize(
    ("state", "value", "count", "text"),
    [
        ("learning", 5.2, 12, "≈ 6 sessions"),
        ("learning", 0.3, 12, "≈ 1 session"),
        ("learning", 253.0, 12, "> 1 year"),
        ("learning", None, 12, "not at this rate"),
        ("learning", None, 1, "–"),
        ("learning", 0.0, 12, "waits for G1, G3"),
        ("knows", 0.0, 30, "–"),
        ("pays", 0.0, 30, "–"),
        ("fading", 0.0, 30, "a new version"),
        ("retired", None, 30, "never again"),
    ],
)
def test_what_is_still_needed_is_in_words(runs, state, value, count, text):
    run = runs[0]
    line = read_line(run.registration, run.score, run.standing)
    gates = [
        GateReading(gate=f"G{at}", statement="", is_open=at in (0, 2), number=None, threshold=0, count=0)
        for at in range(7)
    ]  # fmt: skip
    figures = line.figures | {"still_needed": BoardFigure(value, count)}
    assert describe_need(msgspec.structs.replace(line, state=state, figures=figures, gates=gates)) == text
