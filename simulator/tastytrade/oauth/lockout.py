"""The venue's door for addresses: who asks for tokens in vain too often is shut out, silently, as the FAQ warns. Pure.

It is open to everybody until a fault sets a guard: how many refusals the venue really bears is not documented.
"""

import collections
import typing

import msgspec

BLOCKED_S = 8 * 3600.0


class LockoutGuard(msgspec.Struct, frozen=True):
    """After how many refusals an address is blocked, for how long, and whether it hears nothing or is cut off."""

    refusals: int
    seconds: float
    is_silent: bool


class Lockout:
    """Counts refused token requests by address. Times are seconds of a monotonic clock."""

    def __init__(self) -> None:
        self._guard: LockoutGuard | None = None
        self._refused: collections.Counter[str] = collections.Counter()
        self._blocked: dict[str, float] = {}

    def guard(self, refusals: int, seconds: float | None, *, is_silent: bool) -> None:
        """Block an address from now on after so many refusals."""
        self._guard = LockoutGuard(refusals, BLOCKED_S if seconds is None else seconds, is_silent)
        self._refused.clear()

    def open(self) -> None:
        """Let everybody in again."""
        self._guard = None
        self._refused.clear()
        self._blocked.clear()

    def refuse(self, address: str, now: float) -> None:
        """Note that a token request from `address` was refused."""
        if self._guard is None:
            return
        self._refused[address] += 1
        if self._refused[address] >= self._guard.refusals:
            self._refused[address] = 0
            self._blocked[address] = now + self._guard.seconds

    def blocks(self, address: str, now: float) -> LockoutGuard | None:
        """Return the guard that keeps `address` out now, if it is blocked."""
        return self._guard if now < self._blocked.get(address, 0.0) else None

    def report(self, now: float) -> dict[str, typing.Any] | None:
        """Describe the guard and whom it blocks, JSON-ready. None when the gate is open to everybody."""
        if self._guard is None:
            return None
        blocked = {address: round(until - now, 3) for address, until in self._blocked.items() if until > now}
        return msgspec.to_builtins(self._guard) | {"blocked_s": blocked}  # type: ignore[no-any-return]
