"""How events reach whoever listens, and what goes wrong on the way if a fault says so: lost, twice, late, out of order.

Pure. Times are in seconds.
"""

import typing

from simulator.faults.faults import Faults

L = typing.TypeVar("L")
E = typing.TypeVar("E")
_LATE_S = 2.0


class Delivery(typing.Generic[L, E]):
    """The events on their way to the listeners of one venue. `say` tells one listener of one event."""

    def __init__(self, faults: Faults, say: typing.Callable[[L, E], None]) -> None:
        self._faults = faults
        self._say = say
        self._held: dict[L, list[E]] = {}
        self._late: list[tuple[float, L, E]] = []

    def bring(self, listener: L, event: E, accounts: tuple[str, ...], now: float, stream: str = "") -> None:
        """Tell a listener of an event of these accounts, unless a fault has it otherwise."""

        def find(name: str) -> typing.Any:
            return self._faults.find(name, accounts, now, stream=stream)

        if find("swallow_event"):
            return
        if fault := find("late_event"):
            self._late.append((now + (fault.delay or _LATE_S), listener, event))
        elif find("reorder_events"):
            self._held.setdefault(listener, []).append(event)
        else:
            self._say(listener, event)
            if find("duplicate_event"):
                self._say(listener, event)
            for held in self._held.pop(listener, ()):
                self._say(listener, held)

    def deliver_due(self, now: float) -> None:
        """Tell what is due by now."""
        due = [each for each in self._late if each[0] <= now]
        self._late = [each for each in self._late if each[0] > now]
        for _, listener, event in due:
            self._say(listener, event)

    def forget(self, listener: L) -> None:
        """Drop what was on its way to a listener that has left."""
        self._held.pop(listener, None)
        self._late = [each for each in self._late if each[1] is not listener]
