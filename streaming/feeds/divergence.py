"""Whether two fresh sources of one symbol say different things of it, and when that is worth telling. Pure."""

import typing

FRACTION = 0.01
"""So far apart, as a part of the price, two sources count as different."""
HOLD_S = 3.0
"""For so long they must be apart: while a price moves one is a moment behind the other."""
AGREED_S = 60.0
"""For so long they must have agreed before it is told anew."""
FRESH_MS = 5_000
"""A quote that was neither changed nor confirmed for longer is not compared."""


class DivergenceBook(typing.NamedTuple):
    """The best bid and ask of one symbol by one source."""

    bid: float
    ask: float

    @property
    def middle(self) -> float:
        """The price in the middle."""
        return (self.bid + self.ask) / 2


def book(item: dict[str, typing.Any] | None, now: int) -> DivergenceBook | None:
    """Return the book of a quote's item if it is whole and fresh at `now` (ms), and no delayed one."""
    if item is None or item.get("delayed") or now - (item.get("at") or 0) > FRESH_MS:
        return None
    bid, ask = item.get("bid"), item.get("ask")
    return DivergenceBook(float(bid), float(ask)) if bid and ask else None


def apart(one: DivergenceBook, other: DivergenceBook, fraction: float) -> float | None:
    """Return how far apart two books are, as a part of the lower middle; None if they touch or it is no more than that.

    Books that touch may both be right: a wide spread is no other price.
    """
    if one.bid <= other.ask and other.bid <= one.ask:
        return None
    lower, higher = sorted((one.middle, other.middle))
    gap = (higher - lower) / lower if lower > 0 else 0.0
    return gap if gap > fraction else None


class Divergences:
    """Remembers for each symbol since when its sources are apart, or agree. Times in s, monotonic."""

    def __init__(self, fraction: float = FRACTION) -> None:
        self.fraction = fraction
        self._apart: dict[str, float] = {}
        self._told: dict[str, float] = {}
        """Symbols it was told of, and when they were last seen apart."""

    def check(self, symbol: str, one: DivergenceBook | None, other: DivergenceBook | None, now: float) -> float | None:
        """Look at one symbol; return how far its sources are apart when that is to be told, which is once."""
        if one is None or other is None:
            self._apart.pop(symbol, None)
            return None
        gap = apart(one, other, self.fraction)
        if gap is None:
            self._apart.pop(symbol, None)
            if now >= self._told.get(symbol, now) + AGREED_S:
                del self._told[symbol]
            return None
        since = self._apart.setdefault(symbol, now)
        if symbol in self._told:
            self._told[symbol] = now
        elif now >= since + HOLD_S:
            self._told[symbol] = now
            return gap
        return None
