"""What all models say at one bar, each for itself: one that fails is void, and the others go on. Pure."""

from collections.abc import Mapping, Sequence

import msgspec

from signals.learner.bar import MarketBar
from signals.learner.run import ModelRun, void_failed
from signals.predictors.baseline import BaseRate
from signals.predictors.stand_in import stand_in_for
from signals.record.batch import SignalBatch
from signals.record.outcome import VoidRule

MOST_ERROR = 200
"""Characters that are kept of why a model failed."""


class Statement(msgspec.Struct, frozen=True):
    """A model's batch of a bar, and why it failed, if it did."""

    run: ModelRun
    batch: SignalBatch
    error: str = ""


def compose_statements(
    runs: Sequence[ModelRun], bar: MarketBar, baselines: Mapping[int, BaseRate], rule: VoidRule
) -> list[Statement]:
    """Return what the models say at a bar that is on their schedule; each then knows of it."""
    found = []
    for run in runs:
        if not run.speaks_at(bar):
            continue
        run.pass_over(run.missed_before(bar.at))
        statement = _compose(run, bar, baselines.get(run.registration.horizon, BaseRate()).value, rule)
        run.place, run.newest = run.place + 1, bar.at
        found.append(statement)
    return found


def _compose(run: ModelRun, bar: MarketBar, q: float, rule: VoidRule) -> Statement:
    """Return what one model says of a bar of its schedule."""
    try:
        batch, error = run.compose(bar, q, rule), ""
    except Exception as failure:  # noqa: BLE001 (a model is anybody's code, and what it raises is theirs)
        error = f"{type(failure).__name__}: {failure}"[:MOST_ERROR]
        silent = stand_in_for(run.model)
        batch = msgspec.structs.replace(run, model=silent).compose(bar, q, rule)
    assert batch is not None  # noqa: S101 (the bar is on the schedule)
    return Statement(run, void_failed(batch) if error else batch, error)
