"""All that is kept of one model version's outcomes: evidence, sums, sessions. One step a bar. Pure."""

import math
from collections.abc import Mapping, Sequence

import msgspec

from signals.evidence.process import PAY_STAKES, InterleavedEvidence
from signals.evidence.statements import StepScale, knows, pays, worse
from signals.record.batch import SignalBatch
from signals.record.outcome import LOST, VOID, SignalOutcome
from signals.scoreboard.calibration import CalibrationTally
from signals.scoreboard.tally import ReturnTally, SkillTally


class ScoredSession(msgspec.Struct, kw_only=True):
    """One session: scheduled, covered and scored bars, the steps of knowing, and the evidence as it ended."""

    session: str
    scheduled: int = 0
    covered: float = 0.0
    bars: int = 0
    signals: int = 0
    voids: int = 0
    steps: float = 0.0
    squares: float = 0.0
    log_knows: float = 0.0
    log_pays: float = 0.0
    log_worse: float = 0.0


class ScoredColumns(msgspec.Struct, kw_only=True):
    """The columns of a batch and its outcome without what is void."""

    places: list[int]
    p: list[float]
    q: list[float]
    y: list[float]
    sides: list[int]
    gross: list[float]
    net: list[float]
    moves: list[float]
    sigma: list[float | None]


def select_scored(batch: SignalBatch, outcome: SignalOutcome) -> ScoredColumns:
    """Return what of a batch is scored, with sides (1, -1, 0) and returns in bps; a side costs, none does not."""
    found = ScoredColumns(places=[], p=[], q=[], y=[], sides=[], gross=[], net=[], moves=[], sigma=[])
    columns = zip(batch.p, batch.q, batch.sigma, outcome.way, outcome.y, outcome.move, outcome.cost, strict=True)
    for place, (p, q, sigma, way, y, move, cost) in enumerate(columns):
        if way == VOID or y is None or move is None or cost is None:
            continue
        side = 1 if p > q else -1 if p < q else 0
        found.places.append(place)
        found.p.append(p)
        found.q.append(q)
        found.y.append(y)
        found.sides.append(side)
        found.gross.append(side * move)
        found.net.append(side * move - cost if side else 0.0)
        found.moves.append(move)
        found.sigma.append(sigma)
    return found


class ModelScore(msgspec.Struct, kw_only=True):
    """The record of one model version, from its first signal on. Encoded as it is, it goes on after a restart."""

    overlap: int = 1
    """How many of its statements are under way at once."""
    knows: InterleavedEvidence = msgspec.field(default_factory=InterleavedEvidence)
    pays: InterleavedEvidence = msgspec.field(default_factory=lambda: InterleavedEvidence(stakes=PAY_STAKES))
    worse: InterleavedEvidence = msgspec.field(default_factory=InterleavedEvidence)
    knows_scale: StepScale = msgspec.field(default_factory=StepScale)
    worse_scale: StepScale = msgspec.field(default_factory=StepScale)
    skill: SkillTally = msgspec.field(default_factory=SkillTally)
    returns: ReturnTally = msgspec.field(default_factory=ReturnTally)
    calibration: CalibrationTally = msgspec.field(default_factory=CalibrationTally)
    sessions: list[ScoredSession] = []
    bars: int = 0
    scheduled: int = 0
    covered: float = 0.0
    signals: int = 0
    """Signals recorded, void ones included."""
    voids: int = 0
    lost: int = 0

    def expect(self, session: str) -> None:
        """Count a bar of the schedule that is due, whether anything was said at it or not."""
        if not self.sessions or self.sessions[-1].session != session:
            self.sessions.append(
                ScoredSession(
                    session=session, log_knows=self.knows.log, log_pays=self.pays.log, log_worse=self.worse.log
                )
            )
        self.sessions[-1].scheduled += 1
        self.scheduled += 1

    def add(
        self, batch: SignalBatch, outcome: SignalOutcome, rivals: Mapping[str, Sequence[float]] | None = None
    ) -> None:
        """Score a batch whose bar was expected. `rivals`: what each naive rule said, a value a symbol."""
        line, count = self.sessions[-1], len(batch.symbols)
        covered = sum(batch.said) / count
        scored = select_scored(batch, outcome)
        voids = count - len(scored.p)
        for kept in (line, self):
            kept.covered += covered
            kept.signals += count
            kept.voids += voids
        self.lost += outcome.way.count(LOST)
        if not scored.p:
            return
        self.bars += 1
        line.bars += 1
        self._add_evidence(batch.place, scored, line)
        self.skill.add(scored.p, scored.q, scored.y)
        if rivals:
            self.skill.add_rivals(rivals, scored.places, scored.y)
        self.returns.add(scored.sides, scored.gross, scored.net)
        self.calibration.add(batch.place, scored.p, scored.y)

    def _add_evidence(self, place: int, scored: ScoredColumns, line: ScoredSession) -> None:
        """Take one step of each process. Signals without a sigma are no part of what pays."""
        step = knows(scored.p, scored.q, scored.y, self.knows_scale)
        line.steps += step
        line.squares += step * step
        self.knows.add(place, step)
        self.worse.add(place, worse(scored.p, scored.q, scored.y, self.worse_scale))
        nets, sigmas, leans, moves = [], [], [], []
        for sigma, net, p, q, move in zip(scored.sigma, scored.net, scored.p, scored.q, scored.moves, strict=True):
            if sigma:
                nets.append(net)
                sigmas.append(sigma)
                leans.append(p - q)
                moves.append(move / sigma)
        if nets:
            self.pays.add(place, pays(nets, sigmas))
            self.returns.add_leans(leans, moves)
        line.log_knows, line.log_pays, line.log_worse = self.knows.log, self.pays.log, self.worse.log

    @property
    def coverage(self) -> float | None:
        """The share of the scheduled bars, and of their symbols, that something was said of."""
        return self.covered / self.scheduled if self.scheduled else None

    @property
    def void_share(self) -> float | None:
        """The share of signals that are void."""
        return self.voids / self.signals if self.signals else None

    def measure_life(self, sessions: int) -> float | None:
        """Return z of the steps of knowing over the newest sessions, by bar; None where they do not differ."""
        lines = self.sessions[-sessions:]
        bars = sum(line.bars for line in lines)
        if bars < 2:
            return None
        mean = math.fsum(line.steps for line in lines) / bars
        variance = math.fsum(line.squares for line in lines) / bars - mean * mean
        return mean / math.sqrt(variance / (bars / self.overlap)) if variance > 1e-18 else None


def open_score(overlap: int) -> ModelScore:
    """Return the empty record of a model that has so many statements under way at once."""
    return ModelScore(
        overlap=overlap,
        knows=InterleavedEvidence(overlap=overlap),
        pays=InterleavedEvidence(overlap=overlap, stakes=PAY_STAKES),
        worse=InterleavedEvidence(overlap=overlap),
        calibration=CalibrationTally(overlap=overlap),
    )


def still_needed(score: ModelScore, log_threshold: float, window: int = 10) -> float | None:
    """Return how many more sessions the evidence of knowing needs at the rate of the last ones.

    0 where it is reached; None where it does not grow.
    """
    if score.knows.has_reached(log_threshold):
        return 0.0
    lines = score.sessions
    if len(lines) < 2:
        return None
    past = lines[max(len(lines) - 1 - window, 0)]
    rate = (lines[-1].log_knows - past.log_knows) / min(window, len(lines) - 1)
    return (log_threshold - lines[-1].log_knows) / rate if rate > 0 else None


def half_life(score: ModelScore, since: str = "") -> float | None:
    """Return after how many sessions the mean step of knowing was halved, by the two halves of the sessions.

    `since` is the session of the last retraining. None with fewer than 10 sessions, and where it does not fall.
    """
    lines = [line for line in score.sessions if line.session >= since and line.bars]
    if len(lines) < 10:
        return None
    middle = len(lines) // 2
    early, late = (
        math.fsum(line.steps for line in half) / sum(line.bars for line in half)
        for half in (lines[:middle], lines[middle:])
    )
    return len(lines) / 2 * math.log(2) / math.log(early / late) if 0 < late < early else None
