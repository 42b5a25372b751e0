"""Lets models live through a market by the code that a desk runs: bar by bar, stated, then scored, then learned."""

import dataclasses
import functools
from collections.abc import Sequence

from signals.learner.bar import MarketBar
from signals.learner.learner import Keep, Learner
from signals.predictors.contract import GateThresholds, SignalModel
from signals.record.batch import SignalBatch
from signals.record.outcome import EndPrices
from tests.signals.honesty.market import BARS, HALF_SPREAD_BPS, Tape

GATES = GateThresholds(slots=8)
BAR_S = 300
DAY_MS = 86_400_000
OPEN_MS = 1_790_000_000_000


@dataclasses.dataclass
class Course:
    """One market and the models that live in it. `half_spread` is in bps."""

    tape: Tape
    models: Sequence[SignalModel]
    half_spread: float = HALF_SPREAD_BPS
    keep: Keep | None = None

    def __post_init__(self) -> None:
        self.learner = Learner(self.keep)
        for model in self.models:
            self.learner.add(
                model, OPEN_MS, 2026, universe="test", horizon_s=BAR_S * model.horizon, schedule="5m", gates=GATES
            )
        self.symbols = [f"S{place}" for place in range(self.tape.mids.shape[2])]
        self.closes = 0

    def run(self, until=None) -> "Course":
        """Live through the days, closing each session. `until(course, day)` ends it early."""
        for day in range(self.tape.mids.shape[0]):
            self.live(day)
            if until and until(self, day):
                break
        return self

    def live(self, day: int) -> None:
        """One session: at each bar what is due is settled first, then all is stated."""
        tape, count = self.tape, len(self.symbols)
        start, session = OPEN_MS + day * DAY_MS, f"day {day:03}"
        mids = tape.mids[day].tolist()
        sigma = tape.sigma[day].tolist()
        features = {name: column[day].tolist() for name, column in tape.features.items()}
        spreads = [[2 * self.half_spread * mid / 1e4 for mid in row] for row in mids]
        close = start + BARS * BAR_S * 1000
        age: list[int | None] = [0] * count
        for bar in range(BARS + 1):
            at = start + bar * BAR_S * 1000
            ends = EndPrices(mid=mids[bar], spread=spreads[bar], at=[at] * count)
            self.learner.settle(functools.partial(self.find_ends, ends), at)
            if bar < BARS:
                known = {name: rows[bar] for name, rows in features.items()}
                self.state(
                    MarketBar(
                        session=session, number=bar, at=at, close=close, symbols=self.symbols, mid=mids[bar],
                        spread=spreads[bar], quote_age=age, sigma=sigma[bar], features=known,
                    )
                )  # fmt: skip
        self.learner.close_session(session, close)

    @staticmethod
    def find_ends(ends: EndPrices, _batch: SignalBatch) -> EndPrices:
        """The prices at a bar are those of every batch: the symbols are the same."""
        return ends

    def state(self, bar: MarketBar) -> None:
        """State at a bar, in time."""
        self.learner.state(bar)

    def run_of(self, name: str):
        """The run of a model."""
        return next(run for run in self.learner.runs if run.model.name == name)
