"""One model version at work: its statements that are not due yet, its score, its standing. Pure."""

import math
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from signals.learner.bar import MarketBar
from signals.learner.schedule import ScheduledBar, bars_between
from signals.predictors.contract import LEAST_P, MOST_P, Registration, SignalModel, hash_model
from signals.predictors.stand_in import StandIn, restore_model
from signals.record.batch import VOIDS, SignalBatch
from signals.record.chain import AlreadyRecordedError
from signals.record.outcome import LOST, VOID, EndPrices, SignalOutcome, VoidRule, resolve
from signals.record.packing import to_float32
from signals.scoreboard.gates import GateReading, read_gates
from signals.scoreboard.score import ModelScore, open_score
from signals.scoreboard.standing import Challenge, ModelStanding

LATE, FAILED = VOIDS.index("late"), VOIDS.index("failed")


class PendingBatch(msgspec.Struct, kw_only=True):
    """A scheduled bar that is not due yet; without a batch where nothing was said at it."""

    session: str
    due: int
    batch: SignalBatch | None = None
    digest: str = ""


class ModelRun(msgspec.Struct, kw_only=True):
    """A registered model, what it said that is not due yet, and its record."""

    registration: Registration
    model: typing.Any
    """A SignalModel; it is stored by its own `dump_state`."""
    is_naive: bool = False
    place: int = 0
    """How many bars its schedule had."""
    newest: int = -1
    """The newest bar that was scheduled, in ms."""
    pending: list[PendingBatch] = []
    unexplained: str = ""
    """Where what it said does not follow from what was recorded; it is never believed then."""
    fault: str = ""
    """Why G0 is shut: that, or what is wrong with the chain."""
    challenge: Challenge | None = None
    """Its challenge of the version before it."""
    score: ModelScore = msgspec.field(default_factory=ModelScore)
    standing: ModelStanding = msgspec.field(default_factory=ModelStanding)

    def is_scheduled(self, number: int, at: int, close: int) -> bool:
        """Whether the model speaks of a bar: the session's bar of this number, at a time, in a session that closes."""
        is_due = at + self.registration.horizon_s * 1000 <= close
        return is_due and number % self.registration.every == 0

    def speaks_at(self, bar: MarketBar) -> bool:
        """Whether the model has a bar on its schedule that it has not spoken of."""
        return bar.at > self.newest and self.is_scheduled(bar.number, bar.at, bar.close)

    def compose(self, bar: MarketBar, q: float, rule: VoidRule) -> SignalBatch | None:
        """Return what the model says at a bar; None off its schedule, and where its horizon ends after the session.

        Raises AlreadyRecordedError where something was said of the bar, or of a later one.
        """
        if bar.at <= self.newest:
            raise AlreadyRecordedError(f"{self.registration.name} has spoken of {self.newest}, not again of {bar.at}")
        if not self.is_scheduled(bar.number, bar.at, bar.close):
            return None
        horizon_s = self.registration.horizon_s
        model: SignalModel = self.model
        count, place = len(bar.symbols), self.place
        features, base = self.read_inputs(bar, q)
        said = check_said(model.predict(features, base), count)
        root = math.sqrt(self.registration.horizon)
        is_hedged = bool(self.registration.hedge and bar.beta)
        return SignalBatch(
            model=model.name, version=model.version, session=bar.session, bar=bar.at, horizon_s=horizon_s,
            due=bar.at + horizon_s * 1000,
            place=place, symbols=bar.symbols, p=[q if p is None else p for p in said], q=base,
            mid=bar.mid, spread=bar.spread, sigma=[None if value is None else value * root for value in bar.sigma],
            beta=bar.beta if is_hedged else [0.0] * count, quote_age=bar.quote_age, void=judge_voids(bar, rule),
            said=[int(p is not None) for p in said], market=bar.market if is_hedged else None, features=features,
        )  # fmt: skip

    def read_inputs(self, bar: MarketBar, q: float) -> tuple[dict[str, list[float | None]], list[float]]:
        """Return what the model is given of a bar: its features as they are recorded, and the baseline's q."""
        return {name: to_float32(bar.features[name]) for name in self.model.uses}, [q] * len(bar.symbols)

    def missed_before(self, at: int) -> list[ScheduledBar]:
        """Return the bars of its schedule between the newest that it knows of and `at`: nothing was said at them."""
        return [bar for bar in bars_between(self.newest, at) if self.is_scheduled(bar.number, bar.at, bar.close)]

    def pass_over(self, bars: Iterable[ScheduledBar]) -> None:
        """Count bars at which nothing was said: they lower the coverage."""
        for bar in bars:
            self.score.expect(bar.session)
            self.place += 1
            self.newest = bar.at

    def take(self, batch: SignalBatch, outcome: SignalOutcome, rivals: Mapping[str, Sequence[float]]) -> None:
        """Score what was recorded of a bar; the bars before it are passed over."""
        self.pass_over(self.missed_before(batch.bar))
        self.score.expect(batch.session)
        self.score.add(batch, outcome, rivals)
        self.place, self.newest = batch.place + 1, batch.bar

    def wait(self, batch: SignalBatch, digest: str = "") -> None:
        """Keep a batch until it is due."""
        self._wait(PendingBatch(session=batch.session, due=batch.due, batch=batch, digest=digest), batch.bar)

    def miss(self, session: str, at: int) -> None:
        """Count a scheduled bar at which nothing could be said."""
        self._wait(PendingBatch(session=session, due=at + self.registration.horizon_s * 1000), at)

    def _wait(self, pending: PendingBatch, bar: int) -> None:
        self.pending.append(pending)
        self.place += 1
        self.newest = bar

    def take_due(self, now: int) -> list[PendingBatch]:
        """Return what is due, the oldest first, and keep it no longer: each has one outcome."""
        count = 0
        while count < len(self.pending) and self.pending[count].due <= now:
            count += 1
        taken = self.pending[:count]
        del self.pending[:count]
        return taken

    def settle(
        self,
        pending: PendingBatch,
        find_ends: Callable[[SignalBatch], EndPrices],
        rivals: Mapping[str, Sequence[float]],
    ) -> SignalOutcome | None:
        """Score what is due, then learn from it. Returns its outcome; None for a bar without a batch."""
        self.score.expect(pending.session)
        if pending.batch is None:
            return None
        batch = pending.batch
        outcome = resolve(batch, find_ends(batch), self.registration.fees_bps, pending.digest)
        self.score.add(batch, outcome, rivals)
        self.model.learn(batch.features, batch.q, known_outcomes(outcome))
        return outcome

    def close_session(self, session: str) -> str:
        """Decide what may be said of the model from now on."""
        return self.standing.look(self.score, self.registration.gates, session, self.fault)

    def read_results(self, session: str) -> dict[str, typing.Any]:
        """Return what is recorded after a session: its state, the logarithms of its evidence, and bars so far."""
        score = self.score
        logs = {"knows": score.knows.log, "pays": score.pays.log, "worse": score.worse.log}
        counts = {"bars": score.bars, "scheduled": score.scheduled}
        return {"session": session, "state": self.standing.state, "logs": logs, **counts}

    def read_gates(self) -> list[GateReading]:
        """Return its gates as they stand."""
        return read_gates(self.score, self.registration.gates, self.fault)


def check_said(said: typing.Any, count: int) -> list[float | None]:
    """Return what a model said of so many symbols. Raises ValueError, TypeError for what is no such list of p."""
    if len(said) != count:
        raise ValueError(f"it said {len(said)} values of {count} symbols")
    checked = [None if p is None else float(p) for p in said]
    for p in checked:
        if p is not None and not LEAST_P <= p <= MOST_P:
            raise ValueError(f"it said {p}, which is no probability of {LEAST_P} to {MOST_P}")
    return checked


def open_run(model: SignalModel, registration: Registration, *, is_naive: bool = False) -> ModelRun:
    """Return the run of a model that was just registered."""
    return ModelRun(
        registration=registration, model=model, is_naive=is_naive, score=open_score(registration.overlap)
    )  # fmt: skip


def dump_run(run: ModelRun) -> bytes:
    """Return a run without its model and what is pending: its registration, score and standing."""
    return msgspec.msgpack.encode(msgspec.structs.replace(run, model=None, pending=[]))


def restore_run(data: bytes, model: SignalModel | None = None, state: bytes = b"") -> ModelRun:
    """Return the run of `dump_run`, with what `model` had learned by `state`; nothing is pending.

    Without the model that was registered, as where SIGNALS names it no more, or its code is another, the run is there
    to be read: what it has can predict nothing.
    """
    run = msgspec.msgpack.decode(data, type=ModelRun)
    told = run.registration
    if model is not None and hash_model(model) == told.sha256:
        run.model = restore_model(model, state)
    else:
        run.model = stand_in_of(told, state)
    return run


def stand_in_of(told: Registration, state: bytes = b"") -> StandIn:
    """Return what stands in for a model that there is no more as it was registered."""
    gone = LookupError(f"{told.name} {told.version} is not among the models of this desk, or has other code")
    return StandIn(
        name=told.name, version=told.version, uses=told.features, horizon=told.horizon, state=state, failure=gone
    )


def name_run(run: ModelRun) -> str:
    """Return the name and version that are one model's."""
    return f"{run.registration.name} {run.registration.version}"


def find_replaced(runs: Iterable[ModelRun]) -> dict[str, ModelRun]:
    """Return by champions' names the later version that has replaced each: it won, and is itself believed now."""
    return {
        run.challenge.champion: run
        for run in runs
        if run.challenge is not None and run.challenge.is_won(run.registration.gates)
        if run.standing.state in ("knows", "pays")
    }


def known_outcomes(outcome: SignalOutcome) -> list[float | None]:
    """Return what may be learned from: no void and nothing that only counts as wrong."""
    return [
        None if way in (LOST, VOID) else y for way, y in zip(outcome.way, outcome.y, strict=True)
    ]  # fmt: skip


def judge_voids(bar: MarketBar, rule: VoidRule) -> list[int]:
    """Return for each symbol whether, and why, its signal of this bar is void."""
    obstacles = bar.obstacle or [0] * len(bar.symbols)
    columns = zip(bar.mid, bar.spread, bar.quote_age, obstacles, strict=True)
    return [rule.judge(mid, spread, age, obstacle) for mid, spread, age, obstacle in columns]


def void_failed(batch: SignalBatch) -> SignalBatch:
    """Return a batch whose model failed: nothing was said, and nothing of it is scored."""
    count = len(batch.symbols)
    return msgspec.structs.replace(batch, void=[FAILED] * count, said=[0] * count)


def void_late(batch: SignalBatch) -> SignalBatch:
    """Return a batch that was stored too late: nothing of it is scored."""
    return msgspec.structs.replace(batch, void=[LATE] * len(batch.symbols))
