"""Learns from a chain, fact by fact: what comes out follows from the facts alone, wherever it is interrupted. Pure."""

import contextlib
import logging
from collections.abc import Callable, Mapping

import msgspec

from signals.evidence.process import InterleavedEvidence
from signals.learner.run import ModelRun, check_said, known_outcomes, name_run, open_run, stand_in_of
from signals.predictors.baseline import LearnedRate
from signals.predictors.catalogue import ModelKey
from signals.predictors.contract import Registration, SignalModel, SlowModelError, hash_model
from signals.predictors.rules import NAIVE
from signals.predictors.stand_in import StandIn
from signals.record.batch import SignalBatch
from signals.record.chain import LinkedFact
from signals.record.outcome import SignalOutcome
from signals.record.verifier import name_bar
from signals.scoreboard.standing import Challenge

logger = logging.getLogger(__name__)

TimeLimit = Callable[[], contextlib.AbstractContextManager[None]]
no_limit: TimeLimit = contextlib.nullcontext
FindBatch = Callable[[str, str, int], SignalBatch | None]
"""Returns what a model, by name and version, said of a bar (ms); None where that is not kept any more."""


class ChainLearner:
    """The models of one person, as far as they have learned. `fresh` are those that there are, by name and version.

    `learned` counts the outcomes that each has learned. A model that there is no more is scored, and learns nothing.
    `limit` bounds how long a model may take to answer: it raises in it.
    """

    def __init__(
        self, fresh: Mapping[ModelKey, SignalModel], find_batch: FindBatch, limit: TimeLimit = no_limit
    ) -> None:
        self.runs: dict[ModelKey, ModelRun] = {}
        self.learned: dict[ModelKey, int] = {}
        self.baselines: dict[int, LearnedRate] = {}
        self._fresh = fresh
        self._find_batch = find_batch
        self._limit = limit

    def restore(self, run: ModelRun, learned: int) -> None:
        """Go on with a model where it was left."""
        key = run.registration.name, run.registration.version
        run.is_naive = isinstance(run.model, NAIVE)
        self.runs[key], self.learned[key] = run, learned

    def take(self, fact: LinkedFact, content: SignalBatch | SignalOutcome | None) -> None:
        """Learn from the next fact of the chain."""
        if fact.about == "model":
            self._begin(fact)
        elif fact.about == "signal" and isinstance(content, SignalBatch):
            self._explain(fact, content)
        elif fact.about == "outcome" and isinstance(content, SignalOutcome):
            self._settle(fact, content)
        elif fact.about == "results":
            run = self.runs[fact.model, fact.version]
            run.fault = run.unexplained or fact.detail.get("fault", "")
            self.close_session(fact.model, fact.version, fact.detail["session"], fact.bar)

    def close_session(self, name: str, version: str, session: str, close: int) -> ModelRun:
        """Decide what may be said of a model after a session that closed at `close` (ms). Returns its run."""
        run = self.runs[name, version]
        run.pass_over(run.missed_before(close))
        run.close_session(session)
        return run

    def _begin(self, fact: LinkedFact) -> None:
        """Begin with a model that was registered."""
        told = msgspec.convert(fact.detail, Registration)
        run = open_run(self._begin_model(told), told)
        run.newest, run.challenge = fact.at, self._find_challenge(told)
        self.restore(run, 0)

    def _begin_model(self, told: Registration) -> SignalModel:
        """Return the model that was registered, if there is it still, as it was."""
        made = self._fresh.get((told.name, told.version))
        if made is None or hash_model(made) != told.sha256:
            return stand_in_of(told)
        return made.restore(made.dump_state())

    def _find_challenge(self, told: Registration) -> Challenge | None:
        """Return the challenge of the newest version before a model that speaks of the same bars and horizon."""
        same = told.name, told.horizon_s, told.every
        for run in reversed(self.runs.values()):
            other = run.registration
            if (other.name, other.horizon_s, other.every) == same:
                evidence = InterleavedEvidence(overlap=told.overlap)
                return Challenge(champion=name_run(run), challenger=f"{told.name} {told.version}", evidence=evidence)
        return None

    def _explain(self, fact: LinkedFact, batch: SignalBatch) -> None:
        """Have a model say again, by what was recorded, what it said: who knew more than that is not believed.

        What rests on a state that is past by now cannot be said again, and is left as it is; so is what takes too long
        now, which says more of a busy machine than of the model.
        """
        run = self.runs[fact.model, fact.version]
        is_same = fact.detail.get("learned") == self.learned[fact.model, fact.version]
        if run.unexplained or not is_same or "error" in fact.detail or isinstance(run.model, StandIn):
            return
        try:
            with self._limit():
                model = run.model.restore(run.model.dump_state())
                said = check_said(model.predict(batch.features, batch.q), len(batch.q))
        except SlowModelError as error:
            logger.warning("%s did not say again what it said at %d: %s", name_run(run), fact.bar, error)
        except Exception as error:  # noqa: BLE001 (a model is anybody's code)
            run.unexplained = f"what it said at {name_bar(fact.bar)} it cannot say again: {error}"
        else:
            run.unexplained = _find_difference(batch, said)
        if run.unexplained:
            run.fault = run.unexplained
            logger.warning("%s %s: %s", fact.model, fact.version, run.unexplained)

    def _settle(self, fact: LinkedFact, outcome: SignalOutcome) -> None:
        """Score an outcome, and have its model and the base rate learn from it."""
        key = fact.model, fact.version
        run, batch = self.runs[key], self._find_batch(fact.model, fact.version, fact.bar)
        if batch is None:
            logger.warning("what %s %s said at %d is not kept any more: it is not scored", *key, fact.bar)
            return
        run.take(batch, outcome, self._rivals(batch))
        y = known_outcomes(outcome)
        self._learn(run, batch, y)
        if run.challenge is not None:
            self._compare(run, batch, y)
        self.learned[key] += 1
        self.baselines.setdefault(run.registration.horizon, LearnedRate()).learn_bar(fact.bar, y)

    def _learn(self, run: ModelRun, batch: SignalBatch, y: list[float | None]) -> None:
        """Have a model learn from a bar; one that fails is as it was before."""
        model = run.model
        if isinstance(model, StandIn):
            return
        try:
            before = model.dump_state()
            try:
                with self._limit():
                    model.learn(batch.features, batch.q, y)
                model.dump_state()
            except Exception:
                run.model = model.restore(before)
                raise
        except Exception as error:  # noqa: BLE001 (a model is anybody's code)
            logger.warning("%s cannot learn from bar %d: %s", name_run(run), batch.bar, error)

    def _compare(self, run: ModelRun, batch: SignalBatch, y: list[float | None]) -> None:
        """Add to a challenge what both said of the same signals, where the outcome is known."""
        challenge = run.challenge
        champion = next(other for other in self.runs.values() if challenge and name_run(other) == challenge.champion)
        told = champion.registration
        other = self._find_batch(told.name, told.version, batch.bar)
        if challenge is None or other is None or other.symbols != batch.symbols:
            return
        columns = zip(other.p, batch.p, y, strict=True)
        rows = [(p, rival, came) for p, rival, came in columns if came is not None]
        if rows:
            challenge.add(batch.place, *([row[part] for row in rows] for part in range(3)))

    def _rivals(self, batch: SignalBatch) -> dict[str, list[float]]:
        """Return what the naive rules said of the same symbols, bar and horizon."""
        found: dict[str, list[float]] = {}
        for (name, version), run in self.runs.items():
            if run.is_naive and run.registration.horizon_s == batch.horizon_s:
                other = self._find_batch(name, version, batch.bar)
                if other is not None and other.symbols == batch.symbols:
                    found[name] = other.p
        return found


def _find_difference(batch: SignalBatch, said: list[float | None]) -> str:
    """Return in words where a batch is not what was said; empty where nowhere."""
    for symbol, p, q, recorded in zip(batch.symbols, said, batch.q, batch.p, strict=True):
        if (q if p is None else p) != recorded:
            return f"what it said of {symbol} at {name_bar(batch.bar)} does not follow from what was recorded"
    return ""
