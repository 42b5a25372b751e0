"""Every figure of one model with its count and how it is reckoned, and what was registered of it. Pure."""

import typing
from collections.abc import Callable

from signals.display.figures import (
    format_evidence,
    format_horizon,
    format_session,
    format_share,
    format_signed,
    format_skill,
)
from signals.learner.run import ModelRun
from signals.predictors.contract import GateThresholds
from signals.scoreboard.board import BoardFigure, read_line
from signals.scoreboard.standing import Challenge
from streaming.templatetags.figures import MISSING, fixed


class FigureRow(typing.NamedTuple):
    """One figure: its value, the count it rests on (`basis`), and how it is reckoned."""

    title: str
    value: str
    basis: str
    reckoned: str
    is_grey: bool


def _format_bps(value: float | None) -> str:
    return MISSING if value is None else f"{format_signed(value)} bps"


def _format_log(value: float | None) -> str:
    return MISSING if value is None else format_evidence(value)


def _format_places(places: int) -> Callable[[float | None], str]:
    return lambda value: fixed(value, places)


FIGURES: tuple[tuple[str, str, Callable[[float | None], str], str], ...] = (
    ("scored", "Outcomes scored", _format_places(0), "statements that were due and are not void"),
    ("bars", "Bars scored", _format_places(0), "scheduled bars with an outcome of any symbol"),
    ("sessions", "Sessions", _format_places(0), "sessions with a scored bar"),
    ("coverage", "Coverage", format_share, "statements made, of scheduled bars and their symbols; silence lowers it"),
    ("voids", "Void", format_share, "signals that are not scored, for a reason known before they were due"),
    ("lost", "Lost", format_share, "signals without a price when due: they count as wrong"),
    ("hit_rate", "Right", format_share, "statements away from the base rate that came true; a tie is a half"),
    ("hit_low", "Right, from", format_share, "lower end of its 95 % interval, by Wilson"),
    ("hit_high", "Right, to", format_share, "upper end of the same"),
    ("brier_skill", "Brier skill", format_skill, "1 − Brier score ÷ that of the past base rate"),
    ("naive_skill", "Brier skill against the best naive rule", format_skill, "the same against that rule"),
    ("log_loss", "Log loss", _format_places(4), "mean of −log of what was said of what came"),
    ("base_log_loss", "Log loss of the base rate", _format_places(4), "the same of the past base rate"),
    ("slope", "Slope", _format_places(3), "of what came on what was said; 1 is calibrated"),
    ("slope_error", "Its standard error", _format_places(3), "clustered by bar"),
    ("intercept", "Intercept", _format_places(3), "of the same line"),
    ("gap", "Said less came", _format_places(4), "difference of the two means"),
    ("gap_error", "Its standard error", _format_places(4), "clustered by bar"),
    ("expected_error", "Calibration error", _format_places(4), "mean distance of the ten bins from the diagonal"),
    ("ic", "Correlation", _format_places(3), "of leans and moves in sigma (IC)"),
    ("gross", "Gross a signal", _format_bps, "move beyond the market's on the side taken"),
    ("net", "Net a signal", _format_bps, "less half the spread each way, and fees"),
    ("worst", "Worst signal", _format_bps, "the lowest net return"),
    ("shortfall", "Mean of the worst 5 %", _format_bps, "expected shortfall, net"),
    ("log_knows", "Evidence that it knows", _format_log, "wealth of a bet at even odds that it knows something"),
    ("log_pays", "Evidence that it pays", _format_log, "the same bet on returns after costs"),
    ("log_worse", "Evidence that it is worse", _format_log, "the same bet that the base rate is better"),
    ("still_needed", "Sessions still needed", _format_places(1), "to the threshold, at the rate of the last ten"),
    ("half_life", "Half-life", _format_places(1), "sessions after which the mean step was halved"),
)
"""Each figure of a line: its name, its title, how it is written and how it is reckoned."""


def read_figures(run: ModelRun) -> list[FigureRow]:
    """Return all figures of a model's line."""
    line = read_line(run.registration, run.score, run.standing, run.fault)
    return [
        _read_figure(line.figures[name], title, write, reckoned)
        for name, title, write, reckoned in FIGURES
        if name in line.figures
    ]


def _read_figure(figure: BoardFigure, title: str, write: Callable[[float | None], str], reckoned: str) -> FigureRow:
    return FigureRow(title, write(figure.value), fixed(figure.count, 0), reckoned, figure.is_grey)


def read_registration(run: ModelRun) -> list[tuple[str, str]]:
    """Return what was fixed before a model's first signal, as pairs of a title and a text."""
    told = run.registration
    challenge = [("Challenges", describe_challenge(run.challenge, told.gates))] if run.challenge is not None else []
    return [
        *challenge,
        ("Slot", f"{told.slot} of {told.gates.slots} of {told.year}"),
        ("Code and parameters", told.sha256),
        ("Features", ", ".join(told.features) or "none"),
        ("Universe", told.universe),
        ("Horizon", format_horizon(told.horizon_s)),
        ("Schedule", told.schedule),
        ("Target", told.target),
        ("Baseline", told.baseline),
        ("Moves", f"beyond beta times that of {told.hedge}" if told.hedge else "as they are"),
        ("Costs", f"{told.cost_model}; fees {told.fees_bps:g} bps"),
        ("Evidence needed", f"{told.gates.evidence:,.0f} = {told.gates.slots} slots a year ÷ {told.gates.alpha:g}"),
    ]


def describe_challenge(challenge: Challenge, gates: GateThresholds) -> str:
    """Return how a challenge stands, in words."""
    stands = "won" if challenge.is_won(gates) else f"not won, needs {gates.retire:g}"
    return f"{challenge.champion} on the same bars: {format_evidence(challenge.evidence.log)}, {stands}"


def read_history(run: ModelRun) -> list[tuple[str, str]]:
    """Return since which session a model was in which state."""
    return [(format_session(session, with_weekday=True), state) for session, state in run.standing.history]
