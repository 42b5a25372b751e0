"""Faults a person or a test asks for: what goes wrong, for whom, how often, how long. Pure.

A fault that names one of a customer's accounts hits that customer only; without one it hits everybody.
"""

import typing

import msgspec

Stream = typing.Literal["", "dxlink", "alerts"]


class Fault(msgspec.Struct, forbid_unknown_fields=True):
    """One fault, as `POST /_sim/fault` takes it.

    `fault` names it. `seconds` is how long it stands (None: until cleared), `times` how often it strikes, `delay`
    (seconds), `mode`, `event` (a DXLink event type), `field`, `text`, `code` (of a close) and `size` (bytes) are for
    the faults that have use for them.
    """

    fault: str
    account: str = ""
    symbol: str = ""
    stream: Stream = ""
    seconds: float | None = None
    times: int | None = None
    delay: float = 0.0
    mode: str = ""
    path: str = ""
    event: str = "Quote"
    field: str = ""
    text: str = ""
    code: int = 0
    size: int = 2_000_000
    until: float | None = None
    """When it ends on the loop's clock; set by the venue."""

    def hits(self, accounts: typing.Collection[str]) -> bool:
        """Whether this concerns the customer who has these accounts."""
        return not self.account or self.account in accounts


class Faults:
    """The standing faults of a venue."""

    def __init__(self) -> None:
        self._standing: list[Fault] = []

    def __bool__(self) -> bool:
        return bool(self._standing)

    def stand(self, fault: Fault, now: float) -> None:
        """Let `fault` stand from now on."""
        fault.until = None if fault.seconds is None else now + fault.seconds
        self._standing.append(fault)

    def clear(self, name: str = "", account: str = "") -> int:
        """End every fault, or those of one name, or of one account. Returns how many."""
        keep = [
            fault for fault in self._standing if name not in ("", fault.fault) or account not in ("", fault.account)
        ]
        ended, self._standing = len(self._standing) - len(keep), keep
        return ended

    def all(self, name: str, accounts: typing.Collection[str], now: float) -> list[Fault]:
        """Return the standing faults of this name that hit these accounts, spending none."""
        if not self._standing:
            return []
        self._standing = [fault for fault in self._standing if fault.until is None or now < fault.until]
        return [fault for fault in self._standing if fault.fault == name and fault.hits(accounts)]

    def find(
        self, name: str, accounts: typing.Collection[str], now: float, *, stream: str = "", path: str = ""
    ) -> Fault | None:
        """Return the first fault that hits, spending one of its times. None when nothing is wrong."""
        for fault in self.all(name, accounts, now):
            if fault.stream in ("", stream) and path.startswith(fault.path):
                self._spend(fault)
                return fault
        return None

    def silence(self, accounts: typing.Collection[str], stream: str, now: float) -> float:
        """Return until when a fault mutes a socket that is new, or has just said whose it is; 0 when none does."""
        mutes = (fault for fault in self.all("mute", accounts, now) if fault.mode == "all" and not fault.symbol)
        return max((f.until or float("inf") for f in mutes if f.stream in ("", stream)), default=0.0)

    def _spend(self, fault: Fault) -> None:
        if fault.times is not None:
            fault.times -= 1
            if fault.times <= 0:
                self._standing.remove(fault)
