"""What rules look at of the board: accounts, what is held, and how links are. It is read once a second, by time. Pure.

Whoever reads says of each input what it is, or why that does not count. Times are in ms.
"""

import typing
from collections.abc import Callable, Iterable, Mapping

from alerts.evaluation.core import Core
from alerts.evaluation.gates import Gate
from alerts.evaluation.values import Input
from alerts.rules.state import Turn

NEEDS = frozenset({"position", "portfolio", "link", "clock", "insight"})
"""What such fields are made of."""
HAPPENED: Mapping[str, Callable[[float, float], bool]] = {
    "opened": lambda before, after: before == 0 != after,
    "closed": lambda before, after: before != 0 == after,
    "feed_delayed": lambda before, after: before == 0 != after,
    "signal_gone": lambda before, after: before != 0 == after,
}
"""What happens, as a reading before and one after say it: of a quantity, of how many links are delayed, or
of whether there is a signal. What turns is 0 before and 1 after."""


class BoardReading(typing.NamedTuple):
    """What an input is. `value` is None where that does not count, and `reason` says why.

    `at` is when the oldest thing that it is made of was said, `source` the link where it is made of one.
    """

    value: float | None
    reason: str = ""
    at: int | None = None
    source: str = ""
    symbols: tuple[str, ...] = ()
    """What it is about where the input names no symbol: the value counts, and these were counted last."""


class BoardValues:
    """The inputs that are read off the board."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._gates: dict[str, list[Gate]] = {}
        """Comparisons that wait for what happens, by their inputs."""
        self._inputs: list[Input] = []
        self._torn: set[str] = set()
        """The inputs whose next reading is one over a gap."""

    @property
    def inputs(self) -> list[Input]:
        """What has to be read."""
        return [one for one in self._inputs if one.gates or self._gates.get(one.key)]

    def take_in(self, one: Input) -> bool:
        """Have an input read from now on. Returns whether it is one of these."""
        if (is_one := not NEEDS.isdisjoint(one.ref.field.needs)) is True:
            self._inputs.append(one)
        return is_one

    def add(self, gate: Gate) -> None:
        """Pulse a comparison when it happens what it waits for."""
        self._gates.setdefault(gate.input.key, []).append(gate)

    def forget(self, gates: Iterable[Gate]) -> None:
        """Pulse these none any more."""
        for gate in gates:
            if gate in (found := self._gates.get(gate.input.key, [])):
                found.remove(gate)

    def interrupt(self) -> None:
        """Note that something may have been missed."""
        self._torn = {one.key for one in self._inputs}

    def take(self, readings: Mapping[str, BoardReading], now: int) -> None:
        """Take what the inputs are now, by their keys."""
        for key, reading in readings.items():
            if (one := self._core.inputs.get(key)) is None:
                continue
            if reading.value is None:
                self._core.lose(one, reading.reason, now)
                continue
            for gate in self._gates.get(key, ()):
                self._compare(gate, one, reading, now)
            self._torn.discard(key)
            self._core.put(one, reading.value, reading.at, reading.source, now)

    def _compare(self, gate: Gate, one: Input, reading: BoardReading, now: int) -> None:
        """Pulse a comparison if it happened since the last reading that counted: what was before it was armed is not
        its matter."""
        before, after = one.value, reading.value
        if before is None or after is None or one.received < gate.rule.rule.armed_at:
            return
        is_counted = one.ref.field.subject == "position" and not one.ref.symbol
        if after > before if is_counted else HAPPENED.get(one.ref.field.name, _has_turned)(before, after):
            gate.pulse = Turn(gate.index, before, after, reading.at, bool(one.reason) or one.key in self._torn)
            gate.rule.detail = _detail(one, reading)
            self._core.mark(gate.rule)


def _has_turned(before: float, after: float) -> bool:
    return before == 0 != after


def _detail(one: Input, reading: BoardReading) -> dict[str, typing.Any]:
    """Return what a firing says of what happened: which symbol, or of several each."""
    if one.ref.symbol:
        return {"symbol": one.ref.symbol}
    if not reading.symbols:
        return {}
    return {"symbol": reading.symbols[0], "symbols": [*reading.symbols], "headline": ", ".join(reading.symbols)}
