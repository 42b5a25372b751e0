"""Numbers that venues give to orders, executions and bookings: each is given once, whoever starts the venue when. Pure.

They count from the moment a venue was started, in ms since the epoch. So a venue that lost what it had kept, or is
started twice with one seed, gives none of them again: nobody here takes a thousand orders a second for long.
"""


class Numbers:
    """Whole numbers that rise without an end, `first` first."""

    def __init__(self, first: int) -> None:
        self._next = first

    def __iter__(self) -> "Numbers":
        return self

    def __next__(self) -> int:
        number, self._next = self._next, self._next + 1
        return number

    def go_beyond(self, number: int) -> None:
        """Give nothing up to `number` any more: it was given before."""
        self._next = max(self._next, number + 1)
