"""Faults a person or a test has asked for: what goes wrong, for whom, how often, how long. Pure.

A fault names one of the customer's accounts to hit only that customer; without one it hits everybody.
"""

import typing

import msgspec


class Fault(msgspec.Struct, kw_only=True):
    """One standing fault. `until` is a time of the loop's clock in seconds; `times` counts down to its end."""

    name: str
    account: str = ""
    symbol: str = ""
    stream: str = ""
    until: float | None = None
    times: int | None = None
    options: dict[str, typing.Any] = {}

    def hits(self, name: str, accounts: typing.Collection[str], symbol: str, stream: str) -> bool:
        """Whether this is the fault `name` and concerns these accounts, this symbol and this stream."""
        return (
            self.name == name
            and (not self.account or self.account in accounts)
            and self.symbol == symbol
            and (not self.stream or not stream or self.stream == stream)
        )


class Faults:
    """The standing faults of a venue."""

    def __init__(self) -> None:
        self._standing: list[Fault] = []

    def __bool__(self) -> bool:
        return bool(self._standing)

    def add(self, fault: Fault) -> None:
        """Let `fault` stand."""
        self._standing.append(fault)

    def clear(self, name: str = "", account: str = "") -> int:
        """End every fault, or those of one name or account. Returns how many."""
        keep = [f for f in self._standing if (name and f.name != name) or (account and f.account != account)]
        ended, self._standing = len(self._standing) - len(keep), keep
        return ended

    def find(
        self, name: str, accounts: typing.Collection[str], now: float, *, symbol: str = "", stream: str = ""
    ) -> Fault | None:
        """Return the first fault that hits, spending one of its times. None when nothing is wrong."""
        if not self._standing:
            return None
        self._standing = [fault for fault in self._standing if fault.until is None or now < fault.until]
        for fault in self._standing:
            if fault.hits(name, accounts, symbol, stream):
                return self._spend(fault)
        return None

    def symbols(self, name: str, accounts: typing.Collection[str], now: float) -> frozenset[str]:
        """Return the symbols that faults of this name hit for these accounts."""
        return frozenset(
            fault.symbol
            for fault in self._standing
            if fault.symbol
            and (fault.until is None or now < fault.until)
            and fault.hits(name, accounts, fault.symbol, "")
        )

    def _spend(self, fault: Fault) -> Fault:
        if fault.times is not None:
            fault.times -= 1
            if fault.times <= 0:
                self._standing.remove(fault)
        return fault
