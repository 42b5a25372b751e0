"""Compares a model's line of the board, and its challenge, with what `recompute` found."""

from signals.learner.run import ModelRun
from signals.scoreboard.board import read_line
from tests.signals import recompute


def compare_figures(run: ModelRun, found: dict) -> int:
    """Return how many figures are equal. Raises AssertionError for one that is not."""
    figures = read_line(run.registration, run.score, run.standing).figures
    told = {name: figure.value for name, figure in figures.items()}
    told["log_challenge"] = run.challenge.evidence.log if run.challenge else 0.0
    for name, value in found.items():
        recompute.check(f"{name} of {run.registration.name}", told[name], value)
    assert set(told) == set(found)
    return len(found)
