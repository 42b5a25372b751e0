"""Moves that something besides chance brings to a price: so much of it, in so long a time. Pure.

Times are in seconds of the market's own time, sizes are logarithms of what the price is multiplied by.
"""

import typing

MARKET = ""
"""The symbol of an impulse that moves the whole market: each listing by its beta."""


class Impulse(typing.NamedTuple):
    """A move of `size` that begins at `begins` and takes `lasts` seconds, quickly at first and slower towards its end.

    A halt or a closed market only delays it: the next tick makes up for what was due meanwhile.
    """

    symbol: str
    size: float
    begins: float
    lasts: float

    @property
    def ends(self) -> float:
        """When all of it has happened."""
        return self.begins + self.lasts

    def done(self, seconds: float) -> float:
        """Return how much of it has happened at a moment."""
        if seconds >= self.ends:
            return self.size
        left = 1.0 - max(0.0, seconds - self.begins) / self.lasts
        return self.size * (1.0 - left * left)


class Impulses:
    """The impulses under way, by symbol, and how much of each its price has made already."""

    def __init__(self) -> None:
        self.under_way: dict[str, list[tuple[Impulse, float]]] = {}

    def __bool__(self) -> bool:
        return bool(self.under_way)

    def __iter__(self) -> typing.Iterator[Impulse]:
        return (impulse for waiting in self.under_way.values() for impulse, _ in waiting)

    def add(self, impulse: Impulse) -> None:
        """Let an impulse act from its beginning on."""
        self.under_way.setdefault(impulse.symbol, []).append((impulse, 0.0))

    def take(self, symbol: str, seconds: float) -> float:
        """Return what the price of `symbol` has to move by since this was last asked. 0 without an impulse."""
        waiting = self.under_way.get(symbol)
        if waiting is None:
            return 0.0
        moved = sum(impulse.done(seconds) - made for impulse, made in waiting)
        left = [(impulse, impulse.done(seconds)) for impulse, _ in waiting if impulse.ends > seconds]
        if left:
            self.under_way[symbol] = left
        else:
            del self.under_way[symbol]
        return moved
