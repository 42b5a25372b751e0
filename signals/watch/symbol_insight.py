"""Features and regime of one symbol, bar by bar: the same bars make the same insights. Pure. Times are in ms."""

from collections.abc import Iterable, Mapping, Sequence

from brokers.contract.events import Insight
from lib.incremental import Incremental
from signals.features.bar_features import INDEX, OF_INDEX
from signals.features.bars import DayBar, FeatureBar
from signals.features.feature_set import NAMES, FeatureSet, Raw, Scores
from signals.features.inputs import ModelInputs
from signals.features.snapshot import MarketSnapshot
from signals.regime.rule import VERSION, Regime

MISSING: Scores = dict.fromkeys(NAMES)


class SymbolInsight(Incremental):
    """What is worked out of one symbol. It begins with bars of days, and goes on with those of five minutes."""

    __slots__ = ("_features", "_regime", "_scores", "bar", "inputs", "judged", "symbol")
    STATE = ("_features", "_regime", "_scores", "bar", "inputs", "judged")

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol
        self._features, self._regime = FeatureSet(), Regime()
        self._scores: list[float | None] = [None] * len(NAMES)
        self.inputs = ModelInputs()
        """What models are given after the newest bar of a session."""
        self.bar = -1
        """When the newest bar began that it has seen; -1: none yet."""
        self.judged = -1
        """The same of the newest bar of a session: others change nothing that is told."""

    @property
    def scores(self) -> Scores:
        """The scores after the newest bar of a session."""
        return dict(zip(NAMES, self._scores, strict=True))

    def take_day(self, bar: DayBar) -> None:
        """Take the next day before those of which there are bars of five minutes."""
        self._regime.take_day(bar)

    def take(self, bar: FeatureBar, index: Mapping[str, float | None], snapshot: MarketSnapshot | None = None) -> Raw:
        """Take the next bar, with what SPY had for the same one; return what others are told of this symbol."""
        self.bar = bar.time
        raw, scores = self._features.take(bar, index, snapshot)
        self._regime.take(bar)
        self.inputs.take(bar, raw, scores, snapshot)
        if bar.is_regular:
            self.judged, self._scores = bar.time, [*scores.values()]
        return raw

    def told(self, at: int, confidence: float | None = None) -> Insight:
        """Return what is told at `at`. `confidence` is that of what models say of it; None where none is shown."""
        return Insight(
            symbol=self.symbol, regime=self._regime.reading, confidence=confidence, features=self.scores,
            version=VERSION, reason=None, bar=self.judged if self.judged >= 0 else None, at=at,
        )  # fmt: skip


def begin_insight(symbol: str, days: Iterable[DayBar], bars: Sequence[FeatureBar]) -> SymbolInsight:
    """Return what days tell before the first bar: those that its own bars tell are left to them."""
    insight = SymbolInsight(symbol)
    for day in days:
        if not bars or day.day < bars[0].day:
            insight.take_day(day)
    return insight


class IndexReadings:
    """What SPY's features were after each of its newest bars, for those of other symbols that closed with them."""

    KEPT = 3_000
    """Bars that are kept: those of two weeks, all hours counted."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[float | None, ...]] = {}

    def note(self, bar: FeatureBar, raw: Raw) -> None:
        """Keep what is to be told of a bar of SPY."""
        if bar.is_regular:
            self._known[bar.time] = tuple(raw[name] for name in OF_INDEX)
        while len(self._known) > self.KEPT:
            del self._known[next(iter(self._known))]

    def of(self, bar: FeatureBar) -> dict[str, float | None]:
        """Return what is known of the bar that began with this one; nothing where SPY has none."""
        return dict(zip(OF_INDEX, self._known.get(bar.time, ()), strict=False))


def feed(insight: SymbolInsight, bar: FeatureBar, index: IndexReadings, snapshot: MarketSnapshot | None) -> None:
    """Have a symbol take a bar, and the others know of it if it is SPY's."""
    if insight.symbol != INDEX:
        insight.take(bar, index.of(bar), snapshot)
        return
    raw = insight.take(bar, {}, snapshot)
    index.note(bar, raw)
