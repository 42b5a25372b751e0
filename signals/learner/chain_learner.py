"""Learns from a chain, fact by fact: what comes out follows from the facts alone, wherever it is interrupted. Pure."""

import logging
from collections.abc import Callable, Mapping

import msgspec

from signals.learner.run import ModelRun, known_outcomes, open_run
from signals.predictors.baseline import LearnedRate
from signals.predictors.catalogue import ModelKey
from signals.predictors.contract import Registration, SignalModel
from signals.predictors.rules import NAIVE
from signals.record.batch import SignalBatch
from signals.record.chain import LinkedFact
from signals.record.outcome import SignalOutcome

logger = logging.getLogger(__name__)

FindBatch = Callable[[str, str, int], SignalBatch | None]
"""Returns what a model, by name and version, said of a bar (ms); None where that is not kept any more."""


class ChainLearner:
    """The models of one person, as far as they have learned. `fresh` are those that there are, by name and version.

    `learned` counts the outcomes that each has learned. A model that there is no more is scored, and learns nothing.
    """

    def __init__(self, fresh: Mapping[ModelKey, SignalModel], find_batch: FindBatch) -> None:
        self.runs: dict[ModelKey, ModelRun] = {}
        self.learned: dict[ModelKey, int] = {}
        self.baselines: dict[int, LearnedRate] = {}
        self._fresh = fresh
        self._find_batch = find_batch

    def restore(self, run: ModelRun, learned: int) -> None:
        """Go on with a model where it was left."""
        key = run.registration.name, run.registration.version
        run.is_naive = isinstance(run.model, NAIVE)
        self.runs[key], self.learned[key] = run, learned

    def take(self, fact: LinkedFact, content: SignalBatch | SignalOutcome | None) -> None:
        """Learn from the next fact of the chain."""
        if fact.about == "model":
            self._begin(fact)
        elif fact.about == "outcome" and isinstance(content, SignalOutcome):
            self._settle(fact, content)
        elif fact.about == "results":
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
        key = told.name, told.version
        made = self._fresh.get(key)
        model = SignalModel(name=told.name, horizon=told.horizon) if made is None else made.restore(made.dump_state())
        run = open_run(model, told)
        run.newest = fact.at
        self.restore(run, 0)

    def _settle(self, fact: LinkedFact, outcome: SignalOutcome) -> None:
        """Score an outcome, and have its model and the base rate learn from it."""
        key = fact.model, fact.version
        run, batch = self.runs[key], self._find_batch(fact.model, fact.version, fact.bar)
        if batch is None:
            logger.warning("what %s %s said at %d is not kept any more: it is not scored", *key, fact.bar)
            return
        run.take(batch, outcome, self._rivals(batch))
        y = known_outcomes(outcome)
        try:
            run.model.learn(batch.features, batch.q, y)
        except Exception as error:  # noqa: BLE001 (a model is anybody's code)
            logger.warning("%s %s cannot learn from bar %d: %s", *key, fact.bar, error)
        self.learned[key] += 1
        self.baselines.setdefault(run.registration.horizon, LearnedRate()).learn_bar(fact.bar, y)

    def _rivals(self, batch: SignalBatch) -> dict[str, list[float]]:
        """Return what the naive rules said of the same symbols, bar and horizon."""
        found: dict[str, list[float]] = {}
        for (name, version), run in self.runs.items():
            if run.is_naive and run.registration.horizon_s == batch.horizon_s:
                other = self._find_batch(name, version, batch.bar)
                if other is not None and other.symbols == batch.symbols:
                    found[name] = other.p
        return found
