"""Which positions were opened or closed, whatever they are of, since it was looked last. Pure."""

from collections.abc import Mapping

from alerts.evaluation.board_values import BoardReading

Held = Mapping[tuple[str, str, str], object]
"""The quantity of each position, by link, account and symbol."""


class AnyPosition:
    """What is held in the accounts that one rule means, as it was when it was looked last.

    It counts from when this process looked first, so what it counts says nothing but that there are more.
    """

    def __init__(self) -> None:
        self._before: frozenset[tuple[str, str, str]] | None = None
        self._count = 0
        self._symbols: tuple[str, ...] = ()
        """Those of the newest change."""

    def look(self, held: Held, now: int, *, is_closing: bool) -> BoardReading:
        """Return how many were opened, or with `is_closing` closed, by now, and which ones last."""
        here = frozenset(key for key, quantity in held.items() if quantity)
        before, self._before = self._before, here
        if before is not None and (changed := before - here if is_closing else here - before):
            self._count += len(changed)
            self._symbols = tuple(sorted({symbol for _, _, symbol in changed}))
        return self.count(now)

    def count(self, now: int) -> BoardReading:
        """Return what was counted, without looking."""
        return BoardReading(float(self._count), at=now, symbols=self._symbols)
