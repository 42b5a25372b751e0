"""One line of the scoreboard: every figure of a model version, each with the count that it rests on. Pure."""

import math

import msgspec

from signals.predictors.contract import Registration
from signals.scoreboard.gates import GateReading, read_gates
from signals.scoreboard.score import ModelScore, half_life, still_needed
from signals.scoreboard.standing import ModelStanding, State

GREY_BELOW = 300
"""A figure of fewer outcomes is shown grey."""


class BoardFigure(msgspec.Struct, frozen=True):
    """A number and its count. None is not known."""

    value: float | None
    count: int

    @property
    def is_grey(self) -> bool:
        """Whether it rests on too little."""
        return self.count < GREY_BELOW


class BoardLine(msgspec.Struct, kw_only=True, frozen=True):
    """A model version on the board, in the order of registration. Returns are in bps, evidence is in logarithms."""

    model: str
    version: str
    slot: int
    state: State
    since: str
    figures: dict[str, BoardFigure]
    best_naive: str
    gates: list[GateReading]


def read_line(registration: Registration, score: ModelScore, standing: ModelStanding, fault: str = "") -> BoardLine:
    """Return a model's line."""
    naive = score.skill.naive_skill
    figures = {
        **_figures_of_coverage(score),
        **_figures_of_skill(score),
        **_figures_of_calibration(score),
        **_figures_of_returns(score),
        **_figures_of_evidence(score, math.log(registration.gates.evidence)),
    }
    return BoardLine(
        model=registration.name, version=registration.version, slot=registration.slot,
        state=standing.state, since=standing.since, figures=figures, best_naive=naive[0] if naive else "",
        gates=read_gates(score, registration.gates, fault),
    )  # fmt: skip


def _figures_of_coverage(score: ModelScore) -> dict[str, BoardFigure]:
    sessions = sum(line.bars > 0 for line in score.sessions)
    return {
        "scored": BoardFigure(float(score.skill.count), score.skill.count),
        "bars": BoardFigure(float(score.bars), score.bars),
        "sessions": BoardFigure(float(sessions), sessions),
        "coverage": BoardFigure(score.coverage, score.scheduled),
        "voids": BoardFigure(score.void_share, score.signals),
        "lost": BoardFigure(score.lost / score.signals if score.signals else None, score.signals),
    }


def _figures_of_skill(score: ModelScore) -> dict[str, BoardFigure]:
    skill = score.skill
    low, high = skill.hit_interval or (None, None)
    naive = skill.naive_skill
    return {
        "hit_rate": BoardFigure(skill.hit_rate, skill.leans),
        "hit_low": BoardFigure(low, skill.leans),
        "hit_high": BoardFigure(high, skill.leans),
        "brier_skill": BoardFigure(skill.skill, skill.count),
        "naive_skill": BoardFigure(naive[1] if naive else None, skill.count),
        "log_loss": BoardFigure(skill.log_loss / skill.count if skill.count else None, skill.count),
        "base_log_loss": BoardFigure(skill.base_log_loss / skill.count if skill.count else None, skill.count),
    }


def _figures_of_calibration(score: ModelScore) -> dict[str, BoardFigure]:
    found, count = score.calibration.read(), score.skill.count
    names = ("slope", "slope_error", "intercept", "gap", "gap_error", "expected_error")
    return {name: BoardFigure(getattr(found, name) if found else None, count) for name in names}


def _figures_of_returns(score: ModelScore) -> dict[str, BoardFigure]:
    returns = score.returns
    count = returns.count
    return {
        "ic": BoardFigure(returns.information, returns.pairs),
        "gross": BoardFigure(returns.gross / count if count else None, count),
        "net": BoardFigure(returns.net / count if count else None, count),
        "worst": BoardFigure(returns.worst if count else None, count),
        "shortfall": BoardFigure(returns.shortfall, count),
    }


def _figures_of_evidence(score: ModelScore, log_threshold: float) -> dict[str, BoardFigure]:
    sessions = len(score.sessions)
    return {
        "log_knows": BoardFigure(score.knows.log, score.bars),
        "log_pays": BoardFigure(score.pays.log, score.bars),
        "log_worse": BoardFigure(score.worse.log, score.bars),
        "still_needed": BoardFigure(still_needed(score, log_threshold), sessions),
        "half_life": BoardFigure(half_life(score), sessions),
    }
