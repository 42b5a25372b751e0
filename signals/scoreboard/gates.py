"""The gates G0 to G6: each a statement with a number, a threshold and a count. Pure."""

import math

import msgspec

from signals.predictors.contract import GateThresholds
from signals.scoreboard.score import ModelScore


class GateReading(msgspec.Struct, kw_only=True, frozen=True):
    """One gate as it stands. `number` is None where nothing can be said yet; `count` is what it rests on."""

    gate: str
    statement: str
    is_open: bool
    number: float | None
    threshold: float
    count: int
    missing: str = ""
    """What is missing, in words."""


def read_gates(score: ModelScore, thresholds: GateThresholds, fault: str = "") -> list[GateReading]:
    """Return the seven gates in order. `fault` is what is wrong with its record: G0 is shut then.

    Who has a record has a slot: nothing is recorded of a model that is not registered.
    """
    return [
        GateReading(
            gate="G0", statement="registered", is_open=not fault, number=float(not fault), threshold=1,
            count=1, missing=fault,
        ),
        read_enough(score, thresholds),
        _read_evidence("G2", "knows", score, math.log(thresholds.evidence)),
        read_calibrated(score, thresholds),
        _read_evidence("G4", "pays", score, math.log(thresholds.evidence)),
        _read_alive(score, thresholds),
        _read_evidence("G6", "retired", score, math.log(thresholds.retire)),
    ]  # fmt: skip


def read_enough(score: ModelScore, thresholds: GateThresholds) -> GateReading:
    """Return G1: enough bars and sessions, nearly all covered, few void."""
    coverage, voids = score.coverage, score.void_share
    sessions = sum(line.bars > 0 for line in score.sessions)
    missing = []
    if score.bars < thresholds.bars:
        missing.append(f"{thresholds.bars - score.bars} bars")
    if sessions < thresholds.sessions:
        missing.append(f"{thresholds.sessions - sessions} sessions")
    if coverage is None or coverage < thresholds.coverage:
        missing.append(f"coverage is {_percent(coverage)}, at least {thresholds.coverage:.0%} is needed")
    if voids is None or voids > thresholds.voids:
        share = "how many are void is not known" if voids is None else f"{voids:.1%} are void"
        missing.append(f"{share}, at most {thresholds.voids:.0%} may be")
    return GateReading(
        gate="G1", statement="enough", is_open=not missing, number=float(score.bars),
        threshold=thresholds.bars, count=sessions, missing="; ".join(missing),
    )  # fmt: skip


def _percent(share: float | None) -> str:
    return "not known" if share is None else f"{share:.1%}"


def _read_evidence(gate: str, statement: str, score: ModelScore, log_threshold: float) -> GateReading:
    """Return a gate that opens once its evidence was ever as high. Its number is the logarithm of the evidence."""
    evidence = {"G2": score.knows, "G4": score.pays, "G6": score.worse}[gate]
    is_open = evidence.has_reached(log_threshold)
    return GateReading(
        gate=gate, statement=statement, is_open=is_open, number=evidence.log, threshold=log_threshold,
        count=score.bars, missing="" if is_open else f"evidence of {math.exp(log_threshold):.0f}",
    )  # fmt: skip


def read_calibrated(score: ModelScore, thresholds: GateThresholds) -> GateReading:
    """Return G3: what was said came true as often as was said. Its number is the slope."""
    found = score.calibration.read()
    if found is None:
        return GateReading(
            gate="G3", statement="calibrated", is_open=False, number=None, threshold=1, count=score.skill.count,
            missing="nothing different was said yet",
        )  # fmt: skip
    least, most = thresholds.slope
    missing = []
    if not least <= found.slope <= most or abs(found.slope - 1) > thresholds.errors * found.slope_error:
        missing.append(f"the slope is {found.slope:.2f} ± {found.slope_error:.2f}")
    if abs(found.gap) > thresholds.errors * found.gap_error:
        missing.append(f"the means are {found.gap:+.4f} ± {found.gap_error:.4f} apart")
    return GateReading(
        gate="G3", statement="calibrated", is_open=not missing, number=found.slope, threshold=1,
        count=found.count, missing="; ".join(missing),
    )  # fmt: skip


def _read_alive(score: ModelScore, thresholds: GateThresholds) -> GateReading:
    """Return G5: it still knows something in the newest sessions."""
    z = score.measure_life(thresholds.alive_sessions)
    is_open = z is not None and z >= thresholds.alive_z
    bars = sum(line.bars for line in score.sessions[-thresholds.alive_sessions :])
    return GateReading(
        gate="G5", statement="alive", is_open=is_open, number=z, threshold=thresholds.alive_z, count=bars,
        missing="" if is_open else "no knowledge in the newest sessions",
    )  # fmt: skip
