"""What the models of a person say of symbols now, and what may be said of that. Synchronous; it asks the database."""

from collections.abc import Sequence

import msgspec

from signals import store
from signals.learner.run import ModelRun, find_replaced, name_run
from signals.predictors.contract import Registration
from signals.record.batch import VOIDS, SignalBatch
from signals.scoreboard.gates import GateReading
from signals.scoreboard.standing import Side, State, read_confidence, read_side

SHOWN: tuple[State, ...] = ("pays", "knows")
"""The states in which a model is shown with its confidence, the first one first."""


class StatedSignal(msgspec.Struct, frozen=True, kw_only=True):
    """What one model said of one symbol at its newest bar. Times are in ms, returns in bps, the rest is in prices.

    `p` is the probability of a rise within the horizon, `q` its baseline's. `side` is None where p is q. `confidence`
    is the share that came true of such statements; None until that was shown, and where a challenger took the place.
    `void` says why it is not scored.
    """

    model: str
    version: str
    state: State
    at: int
    due: int
    horizon_s: int
    p: float
    q: float
    side: Side | None
    confidence: float | None
    void: str | None
    has_abstained: bool
    mid: float | None
    spread: float | None
    sigma_bps: float | None
    quote_age_ms: int | None
    features: dict[str, float | None]


def read_statements(person: int, symbol: str) -> list[StatedSignal]:
    """Return what each model said last of a symbol, in the order of registration."""
    runs = {_name(run.registration): run for run in store.read_runs(person)}
    replaced = find_replaced(runs.values())
    found = []
    for registration, batch, place in store.read_newest_signals(person, symbol):
        run = runs[_name(registration)]
        found.append(_state(run, gates_of(run), batch, place, is_replaced=name_run(run) in replaced))
    return found


def read_shown(person: int, now: int) -> dict[str, StatedSignal]:
    """Return by symbol the signal whose confidence is shown: of several that of the model that pays, then the eldest.

    Never the one with the highest confidence: that would choose luck. What is due by `now` (ms) is over.
    """
    every = store.read_runs(person)
    replaced = find_replaced(every)
    runs = [run for state in SHOWN for run in every if run.standing.state == state and name_run(run) not in replaced]
    found: dict[str, StatedSignal] = {}
    for run in runs:
        batch = store.read_newest_batch(person, run.registration)
        if batch is None or batch.due <= now:
            continue
        gates = gates_of(run)
        for place, symbol in enumerate(batch.symbols):
            told = _state(run, gates, batch, place)
            if told.confidence is not None:
                found.setdefault(symbol, told)
    return found


def gates_of(run: ModelRun) -> list[GateReading]:
    """Return the gates of a run as they stand."""
    return run.read_gates()


def _name(registration: Registration) -> tuple[str, str]:
    return registration.name, registration.version


def _state(
    run: ModelRun, gates: Sequence[GateReading], batch: SignalBatch, place: int, *, is_replaced: bool = False
) -> StatedSignal:
    p, q, void = batch.p[place], batch.q[place], VOIDS[batch.void[place]]
    state = run.standing.state
    return StatedSignal(
        model=batch.model, version=batch.version, state=state, at=batch.bar, due=batch.due,
        horizon_s=batch.horizon_s, p=p, q=q, side=read_side(p, q),
        confidence=None if void or is_replaced else read_confidence(p, q, state, gates),
        void=void or None, has_abstained=not batch.said[place], mid=batch.mid[place], spread=batch.spread[place],
        sigma_bps=batch.sigma[place], quote_age_ms=batch.quote_age[place],
        features={name: column[place] for name, column in batch.features.items()},
    )  # fmt: skip
