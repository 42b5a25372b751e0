"""The gates of one model as texts: number, threshold, and since when. Pure."""

import math
import typing
from collections.abc import Sequence

from signals.display.figures import format_evidence, format_session, format_share, format_signed
from signals.learner.run import ModelRun
from signals.scoreboard.gates import GateReading
from signals.scoreboard.score import ModelScore, ScoredSession
from streaming.templatetags.figures import fixed


class GateRow(typing.NamedTuple):
    """One gate. `is_good` is whether it stands as it should: G6 should never open."""

    gate: str
    statement: str
    is_good: bool
    text: str
    missing: str


def read_gate_rows(run: ModelRun) -> list[GateRow]:
    """Return the seven gates of a model in order."""
    readings = run.read_gates()
    texts = [describe(run, reading) for describe, reading in zip(DESCRIBED, readings, strict=True)]
    return [_read_row(reading, text) for reading, text in zip(readings, texts, strict=True)]


def _read_row(reading: GateReading, text: str) -> GateRow:
    if reading.gate == "G6":
        return GateRow("G6", "not retired", not reading.is_open, text, "worse than doing nothing" * reading.is_open)
    return GateRow(reading.gate, reading.statement, reading.is_open, text, reading.missing)


def _describe_registered(run: ModelRun, _reading: GateReading) -> str:
    told = run.registration
    return f"slot {told.slot} of {told.gates.slots} of {told.year}, taken before its first signal"


def _describe_enough(run: ModelRun, reading: GateReading) -> str:
    gates, score = run.registration.gates, run.score
    return (
        f"{fixed(score.bars, 0)} bars (≥ {gates.bars}), {reading.count} sessions (≥ {gates.sessions}), "
        f"coverage {format_share(score.coverage, 2)} (≥ {format_share(gates.coverage, 0)}), "
        f"void {format_share(score.void_share)} (≤ {format_share(gates.voids, 0)})"
    )


def _describe_knows(run: ModelRun, reading: GateReading) -> str:
    passed = _find_passing(run.score.sessions, reading.threshold, lambda line: line.log_knows)
    return _describe_evidence(reading) + (f", passed on {passed}" if reading.is_open and passed else "")


def _describe_evidence(reading: GateReading) -> str:
    return f"{format_evidence(reading.number or 0.0)} (≥ {fixed(math.exp(reading.threshold), 0)})"


def _find_passing(
    sessions: Sequence[ScoredSession], threshold: float, log: typing.Callable[[ScoredSession], float]
) -> str:
    """Return the first session that ended with so much evidence; empty where it was there within one only."""
    return next((format_session(line.session) for line in sessions if log(line) >= threshold), "")


def _describe_calibrated(run: ModelRun, _reading: GateReading) -> str:
    least, most = run.registration.gates.slope
    found = run.score.calibration.read()
    if found is None:
        return f"slope – ({least:g}–{most:g}); nothing different was said yet"
    said, came = read_means(run.score)
    return (
        f"slope {fixed(found.slope, 2)} ± {fixed(found.slope_error, 2)} ({least:g}–{most:g}), "
        f"mean said {format_share(said)}, came true {format_share(came)}"
    )


def read_means(score: ModelScore) -> tuple[float | None, float | None]:
    """Return the means of what was said and of what came; None without outcomes."""
    n, said, _, came, _ = score.calibration.total
    return (said / n + 0.5, came / n + 0.5) if n else (None, None)


def _describe_pays(run: ModelRun, reading: GateReading) -> str:
    returns = run.score.returns
    if not returns.count:
        return f"{_describe_evidence(reading)}: no side was taken yet"
    gross, net = (format_signed(value / returns.count) for value in (returns.gross, returns.net))
    return f"{_describe_evidence(reading)}: {gross} bps a signal before cost, {net} after"


def _describe_alive(run: ModelRun, reading: GateReading) -> str:
    gates = run.registration.gates
    return f"z {fixed(reading.number, 1)} over the last {gates.alive_sessions} sessions (≥ {gates.alive_z:g})"


def _describe_retired(run: ModelRun, reading: GateReading) -> str:
    worse = format_evidence(run.score.worse.log)
    return f"worse than the base rate: {worse} (< {fixed(math.exp(reading.threshold), 0)})"


DESCRIBED = (
    _describe_registered, _describe_enough, _describe_knows, _describe_calibrated, _describe_pays, _describe_alive,
    _describe_retired,
)  # fmt: skip
"""How each gate is told, in order."""
