"""Models and desks that would look good where the scoring let them, each with what it would take."""

from collections.abc import Sequence

import msgspec

from signals.learner.bar import MarketBar
from signals.predictors.contract import Features, SignalModel
from signals.record.chain import AlreadyRecordedError
from tests.signals.honesty.course import BAR_S, Course

LEAK = "what comes"
"""A feature that is the next move: what only a cheat has."""


class Oracle(SignalModel, kw_only=True):
    """Says what comes."""

    name: str = "oracle"
    uses: tuple[str, ...] = (LEAK,)

    def predict(self, features: Features, q: Sequence[float]) -> list[float | None]:
        """Return 0.6 for what will rise and 0.4 for what will fall."""
        return [0.6 if value and value > 0 else 0.4 for value in features[LEAK]]


class SilentLoser(Oracle, kw_only=True):
    """Always says up, but only where that comes true."""

    name: str = "silent"

    def predict(self, features: Features, q: Sequence[float]) -> list[float | None]:
        """Return 0.6 for what will rise and nothing for the rest."""
        return [0.6 if value and value > 0 else None for value in features[LEAK]]


def add_leak(tape):
    """The tape, with the next move as a feature."""
    tape.features[LEAK] = tape.mids[:, 1:] / tape.mids[:, :-1] - 1
    return tape


class LateCourse(Course):
    """A desk whose model waits until the bar is over, and dates its statement back."""

    def state(self, bar: MarketBar) -> None:
        """Store what is said of a bar when the next one begins."""
        self.learner.state(bar, stored_at=bar.at + BAR_S * 1000)


class RepaintingCourse(Course):
    """A desk that records honestly and then records again, with what came, in place of what it had said."""

    def __post_init__(self) -> None:
        self.kept: list[tuple] = []
        self.keep = lambda fact, content: self.kept.append((fact.number, fact.bar))
        super().__post_init__()
        self.refused = 0

    def state(self, bar: MarketBar) -> None:
        """State with nothing known, then again as if at the bar, knowing what comes."""
        blind = {**bar.features, LEAK: [0.0] * len(bar.symbols)}
        self.learner.state(msgspec.structs.replace(bar, features=blind))
        before = [list(run.pending) for run in self.learner.runs]
        try:
            self.learner.state(bar)
        except AlreadyRecordedError:
            self.refused += 1
        assert [list(run.pending) for run in self.learner.runs] == before, "a second statement is waiting"
