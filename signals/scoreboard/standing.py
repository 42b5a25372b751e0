"""What may be said of a model: learning, knows, pays, fading, retired. Looked at once a session. Pure."""

import math
import typing
from collections.abc import Sequence

import msgspec

from signals.evidence.process import InterleavedEvidence
from signals.evidence.statements import StepScale, worse
from signals.predictors.contract import GateThresholds
from signals.scoreboard.gates import GateReading, read_gates
from signals.scoreboard.score import ModelScore

State = typing.Literal["learning", "knows", "pays", "fading", "retired"]
Side = typing.Literal["up", "down"]


class ModelStanding(msgspec.Struct, kw_only=True):
    """A model's state, since which session, and how it got there."""

    state: State = "learning"
    since: str = ""
    history: list[tuple[str, State]] = []
    faded_log: float = 0.0
    """The logarithm of the evidence of knowing as it faded: what comes after counts as new."""

    def look(self, score: ModelScore, thresholds: GateThresholds, session: str, fault: str = "") -> State:
        """Decide after a session, once. `fault` is what is wrong with its record."""
        gates = read_gates(score, thresholds, fault)
        grown = score.knows.log - self.faded_log
        state = self.decide(gates, is_renewed=grown >= math.log(thresholds.evidence))
        if state != self.state:
            if state == "fading":
                self.faded_log = score.knows.log
            self.state, self.since = state, session
            self.history.append((session, state))
        return state

    def decide(self, gates: Sequence[GateReading], is_renewed: bool = False) -> State:
        """Return the state that follows the present one. `is_renewed`: as much evidence as at first since it faded.

        What was known is not unlearned when G1 or G3 shuts again: the confidence goes then, and G5 decides the state.
        """
        is_open = {reading.gate: reading.is_open for reading in gates}
        if self.state == "retired" or is_open["G6"]:
            return "retired"
        if self.state == "fading" and not (is_renewed and is_open["G5"]):
            return "fading"
        if self.state in ("knows", "pays") and not is_open["G5"]:
            return "fading"
        if self.state != "learning" or all(is_open[gate] for gate in ("G0", "G1", "G2", "G3")):
            return "pays" if is_open["G4"] else "knows"
        return "learning"


def read_side(p: float, q: float) -> Side | None:
    """Return which way a statement leans from its baseline, which is what it is scored by; None where it does not."""
    return "up" if p > q else "down" if p < q else None


def share_of(side: Side, p: float) -> float:
    """Return the probability of a side, `p` being that of a rise."""
    return p if side == "up" else 1 - p


def read_confidence(p: float, q: float, state: State, gates: Sequence[GateReading]) -> float | None:
    """Return the share that came true of statements like this, which is the probability of its side.

    None until that was shown, and when it no longer is; and for a statement that takes no side.
    """
    side = read_side(p, q)
    is_shown = all(reading.is_open for reading in gates if reading.gate in ("G0", "G1", "G3"))
    return share_of(side, p) if side and is_shown and state in ("knows", "pays") else None


class Challenge(msgspec.Struct, kw_only=True):
    """A challenger against the champion, on the bars that both spoke of: evidence that the champion is worse."""

    champion: str
    challenger: str
    evidence: InterleavedEvidence = msgspec.field(default_factory=InterleavedEvidence)
    scale: StepScale = msgspec.field(default_factory=StepScale)

    def add(self, place: int, champion: Sequence[float], challenger: Sequence[float], y: Sequence[float]) -> None:
        """Take what both said of the same signals, and what came."""
        self.evidence.add(place, worse(champion, challenger, y, self.scale))

    def is_won(self, thresholds: GateThresholds) -> bool:
        """Whether the challenger takes the place."""
        return self.evidence.has_reached(math.log(thresholds.retire))
