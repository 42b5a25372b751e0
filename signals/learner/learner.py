"""All models of one person: what is due is scored, then what is known now is stated. Pure; time comes in."""

import typing
from collections.abc import Callable, Sequence

import msgspec

from signals.evidence.process import InterleavedEvidence
from signals.learner.bar import MarketBar
from signals.learner.run import ModelRun, PendingBatch, known_outcomes, name_run, open_run, void_late
from signals.predictors.baseline import BaseRate
from signals.predictors.contract import Register, SignalModel
from signals.predictors.rules import NAIVE
from signals.record.batch import SignalBatch
from signals.record.chain import LATE_MS, FactChain, LinkedFact
from signals.record.outcome import EndPrices, SignalOutcome, VoidRule
from signals.scoreboard.standing import Challenge

Keep = Callable[[LinkedFact, SignalBatch | SignalOutcome | None], None]
"""Stores a fact and what its digest stands for, in one transaction."""

SaidOf = dict[tuple[str, int], tuple[SignalBatch, list[float | None]]]
"""What was said and what came, by model version and bar."""


class Learner:
    """Runs the models over bars. With `keep` every registration, batch and outcome is a fact of the chain."""

    def __init__(self, keep: Keep | None = None, *, rule: VoidRule | None = None) -> None:
        self.runs: list[ModelRun] = []
        self.register = Register()
        self.chain = FactChain()
        self.baselines: dict[int, BaseRate] = {}
        self.challenges: list[Challenge] = []
        self._keep = keep
        self._rule = rule or VoidRule()

    def add(self, model: SignalModel, at: int, year: int, **said: typing.Any) -> ModelRun:
        """Register a model before its first signal. Raises SlotError."""
        registration = self.register.register(model, year, **said)
        run = open_run(model, registration, is_naive=isinstance(model, NAIVE))
        self.runs.append(run)
        self.baselines.setdefault(model.horizon, BaseRate())
        if self._keep:
            detail = msgspec.to_builtins(registration)
            self._keep(self.chain.append("model", model.name, model.version, at, detail=detail), None)
        return run

    def challenge(self, champion: ModelRun, challenger: ModelRun) -> Challenge:
        """Let a model challenge another of the same horizon, from now on. Raises ValueError for another horizon."""
        told, other = champion.registration, challenger.registration
        if (told.horizon_s, told.every) != (other.horizon_s, other.every):
            raise ValueError(f"{other.name} speaks of another horizon, or of other bars, than {told.name}")
        evidence = InterleavedEvidence(overlap=told.overlap)
        self.challenges.append(
            Challenge(champion=name_run(champion), challenger=name_run(challenger), evidence=evidence)
        )
        return self.challenges[-1]

    def settle(self, find_ends: Callable[[SignalBatch], EndPrices], now: int) -> None:
        """Score what is due by the first prices at or after it, then learn: first all models, then the baselines.

        `find_ends` returns those of a batch's symbols, in their order.
        """
        due = [(run, pending) for run in self.runs for pending in run.take_due(now)]
        known: dict[tuple[int, int], list[float | None]] = {}
        said: SaidOf = {}
        for run, pending in due:
            outcome = run.settle(pending, find_ends, self._rivals(pending, due))
            if outcome is None or pending.batch is None:
                continue
            y = known_outcomes(outcome)
            known.setdefault((run.model.horizon, outcome.bar), y)
            said[name_run(run), outcome.bar] = pending.batch, y
            if self._keep:
                self._record_outcome(outcome, now)
        for (horizon, _), y in known.items():
            self.baselines[horizon].learn(y)
        for challenge in self.challenges:
            self._compare(challenge, said)

    @staticmethod
    def _compare(challenge: Challenge, said: SaidOf) -> None:
        """Add what both of a challenge said of the same signals, where the outcome is known."""
        for (name, bar), (champion, y) in said.items():
            other = said.get((challenge.challenger, bar))
            if name != challenge.champion or other is None or other[0].symbols != champion.symbols:
                continue
            columns = zip(champion.p, other[0].p, y, strict=True)
            rows = [(p, rival, came) for p, rival, came in columns if came is not None]
            if rows:
                challenge.add(champion.place, *([row[part] for row in rows] for part in range(3)))

    @staticmethod
    def _rivals(pending: PendingBatch, due: Sequence[tuple[ModelRun, PendingBatch]]) -> dict[str, list[float]]:
        """Return what the naive rules said of the same symbols, bar and horizon."""
        batch = pending.batch
        return {
            run.model.name: other.batch.p
            for run, other in due
            if run.is_naive and batch and other.batch and other.due == batch.due
            if other.batch.bar == batch.bar and other.batch.symbols == batch.symbols
        }

    def state(self, bar: MarketBar, stored_at: int | None = None) -> list[SignalBatch]:
        """Return what all models say at a bar. Stored over 2 s after it, all of it is void.

        Raises AlreadyRecordedError for a bar that was spoken of; nothing changes then.
        """
        stored_at = bar.at if stored_at is None else stored_at
        batches = []
        for run in self.runs:
            batch = run.compose(bar, self.baselines[run.model.horizon].value, self._rule)
            if batch is None:
                continue
            if stored_at > bar.at + LATE_MS:
                batch = void_late(batch)
            run.wait(batch, self._record_batch(batch, stored_at) if self._keep else "")
            batches.append(batch)
        return batches

    def miss(self, session: str, number: int, at: int, close: int) -> None:
        """Count a bar at which the desk was away. What would have been said of it is never made up."""
        for run in self.runs:
            if at > run.newest and run.is_scheduled(number, at, close):
                run.miss(session, at)

    def close_session(self, session: str, now: int) -> None:
        """Decide each model's state and record the evidence that it rests on."""
        for run in self.runs:
            run.close_session(session)
            if self._keep:
                detail, model = run.read_results(session), run.registration
                self._keep(self.chain.append("results", model.name, model.version, now, detail=detail), None)

    def _record_batch(self, batch: SignalBatch, at: int) -> str:
        digest = batch.digest
        fact = self.chain.append(
            "signal", batch.model, batch.version, at, bar=batch.bar, horizon_s=batch.horizon_s, due=batch.due,
            n=len(batch.symbols), digest=digest,
        )  # fmt: skip
        if self._keep:
            self._keep(fact, batch)
        return digest

    def _record_outcome(self, outcome: SignalOutcome, at: int) -> None:
        fact = self.chain.append(
            "outcome", outcome.model, outcome.version, at, bar=outcome.bar, due=outcome.due,
            n=len(outcome.way), digest=outcome.digest,
        )  # fmt: skip
        if self._keep:
            self._keep(fact, outcome)
