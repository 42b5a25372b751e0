"""What waits for its end: the signals of one bar that are due together, and the mids that came. Times are in ms.

Where moves beyond the market's are scored, the market waits for its end with them.
"""

from collections.abc import Callable, Iterable

from news.impact.rules import MARKET
from signals.record.batch import SignalBatch
from signals.record.outcome import EndPrices
from signals.watch.board_prices import BoardPrice

ASK_MS = 60_000
"""How often a venue is asked again that does not answer."""
GIVE_UP_MS = 7_200_000
"""How long it is asked for a symbol, from the first time on. Where nobody tells its end by then, it is lost."""

EndPrice = tuple[float, float | None, int]
"""A mid, its spread, and when it was known."""


class DueSignals:
    """The signals of one bar with one horizon: they end by the same prices."""

    def __init__(self, bar: int, due: int) -> None:
        self.bar = bar
        self.due = due
        self.ask_at = 0
        """When the next candle may be asked for."""
        self._ends: dict[str, EndPrice] = {}
        self._told: set[str] = set()
        """Those whose end a candle told."""
        self._waiting: dict[str, int | None] = {}
        """Since when a candle is asked for in vain; None where none was. Who was asked for longest ago comes first."""

    def __repr__(self) -> str:
        return f"<DueSignals of {self.bar}, due at {self.due}, {len(self._waiting)} symbols wait>"

    @property
    def horizon(self) -> int:
        """How long after the bar they are due."""
        return self.due - self.bar

    @property
    def latest(self) -> int:
        """Until when the next mid is their end."""
        return self.due + self.horizon

    @property
    def symbols(self) -> frozenset[str]:
        """Those whose end is not known."""
        return frozenset(self._waiting)

    def add(self, symbols: Iterable[str]) -> None:
        """Wait for the end of these, too."""
        for symbol in symbols:
            if symbol not in self._ends:
                self._waiting.setdefault(symbol)

    def look(self, read: Callable[[str], BoardPrice], now: int) -> None:
        """Take the first mids of now that are at or after `due`."""
        if not self.due <= now <= self.latest:
            return
        for symbol in list(self._waiting):
            price = read(symbol)
            if price.is_fresh and price.mid is not None:
                self._ends[symbol] = price.mid, price.spread, now
                del self._waiting[symbol]

    def next_unknown(self, now: int) -> str | None:
        """Return a symbol whose end only a candle can tell; None where there is none, or none may be asked for yet."""
        return next(iter(self._waiting), None) if now > self.latest and now >= self.ask_at else None

    def tell(self, symbol: str, mid: float | None, at: int) -> None:
        """Take what a candle told of a symbol, which may be nothing."""
        self._waiting.pop(symbol, None)
        if mid is not None:
            self._ends[symbol] = mid, None, at
            self._told.add(symbol)

    def put_off(self, symbol: str, now: int) -> None:
        """Ask again later, for this symbol after all others: the venue did not answer."""
        self.ask_at = now + ASK_MS
        since = self._waiting.pop(symbol, None)
        if since is None or now < since:
            since = now
        if now <= since + GIVE_UP_MS:
            self._waiting[symbol] = since

    def is_known(self) -> bool:
        """Whether nothing more is waited for."""
        return not self._waiting

    def ends_of(self, batch: SignalBatch) -> EndPrices:
        """Return the ends of a batch's symbols, in its order."""
        ends = [self._ends.get(symbol) for symbol in batch.symbols]
        return EndPrices(
            mid=[end[0] if end else None for end in ends],
            spread=[end[1] if end else None for end in ends],
            at=[end[2] if end else None for end in ends],
            market=self._ends[MARKET][0] if MARKET in self._ends else None,
            candles=[place for place, symbol in enumerate(batch.symbols) if symbol in self._told],
        )
