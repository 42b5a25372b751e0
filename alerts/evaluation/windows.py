"""How far a price moved within a time: from its low, from its high, or from where it was. Pure. Times are in ms.

A window keeps 240 prices at most, whatever comes: its tail is exact to a 240th of its length.
"""

import collections
import typing

PARTS = 240
DIGITS = 9
"""Places that a move is told to: binary fractions would make two percent a little less than two."""

Kind = typing.Literal["rise", "fall", "since"]
"""`rise` is from the lowest price within the window, `fall` from the highest, both counted upwards; `since` is signed,
from the price that stood when the window began, and not known before there is one."""


class Window:
    """The last `length_ms` of a price. Moves are in percent of where they began, or else in the price's unit."""

    __slots__ = ("_kept", "is_percent", "kind", "length_ms")

    def __init__(self, kind: Kind, length_ms: int, *, is_percent: bool) -> None:
        self.kind = kind
        self.length_ms = length_ms
        self.is_percent = is_percent
        self._kept: collections.deque[tuple[float, float]] = collections.deque()

    def take(self, price: float, now: int) -> float | None:
        """Take a price that came at `now`; return how far it moved."""
        return self._since(price, now) if self.kind == "since" else self._extreme(price, now)

    def _extreme(self, price: float, now: int) -> float | None:
        """Keep the prices that may yet be the extreme one: each is beyond all that came after it."""
        kept, sign = self._kept, 1 if self.kind == "rise" else -1
        while kept and kept[0][0] <= now - self.length_ms:
            kept.popleft()
        while kept and sign * kept[-1][1] >= sign * price:
            kept.pop()
        if not kept or now - kept[-1][0] >= self.length_ms / PARTS:
            kept.append((now, price))
        return self._moved(kept[0][1], price, sign)

    def _since(self, price: float, now: int) -> float | None:
        kept = self._kept
        while len(kept) > 1 and kept[1][0] <= now - self.length_ms:
            kept.popleft()
        if not kept or now - kept[-1][0] >= self.length_ms / PARTS:
            kept.append((now, price))
        return self._moved(kept[0][1], price, 1) if kept[0][0] <= now - self.length_ms else None

    def _moved(self, begun: float, price: float, sign: int) -> float | None:
        if not self.is_percent:
            return round(sign * (price - begun), DIGITS)
        return None if begun <= 0 else round(sign * (price / begun - 1) * 100, DIGITS)

    def clear(self) -> None:
        """Begin anew: what came before a break says nothing of what happened in it."""
        self._kept.clear()

    @property
    def state(self) -> list[list[float]]:
        """What is stored of it."""
        return [list(one) for one in self._kept]

    def restore(self, state: list[list[float]]) -> None:
        """Take up what was stored."""
        self._kept = collections.deque((at, price) for at, price in state)
