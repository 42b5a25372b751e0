"""The wall clock of the simulated venues: this machine's, until somebody lets time pass faster."""

import time
import typing

import msgspec


class Haste(msgspec.Struct, forbid_unknown_fields=True):
    """How time is to pass: `rate` times as fast as it does, until it is `seconds` further than it would be."""

    seconds: typing.Annotated[float, msgspec.Meta(gt=0, le=7 * 86_400)]
    rate: typing.Annotated[float, msgspec.Meta(gt=1, le=10_000)] = 60.0


class WallClock:
    """Tells ms since the epoch, as `real` does until it is hurried. What it was hurried by stays."""

    def __init__(self, real: typing.Callable[[], int]) -> None:
        self._real = real
        self._ahead_s = 0.0
        self._haste: Haste | None = None
        self._since = 0.0
        self.stands_at: int | None = None
        """Where it stands still, in ms since the epoch, while a venue makes up for the time it was off."""

    def __call__(self) -> int:
        """Return the time, in ms since the epoch."""
        if self.stands_at is not None:
            return self.stands_at
        return self._real() + round(1000 * self.ahead_s)

    @property
    def ahead_s(self) -> float:
        """By how many seconds it is ahead of this machine's."""
        if self._haste is None:
            return self._ahead_s
        passed = time.monotonic() - self._since
        return self._ahead_s + min(self._haste.seconds, passed * (self._haste.rate - 1))

    def advance(self, seconds: float) -> None:
        """Be so many seconds further ahead from now on."""
        self._ahead_s += seconds

    def hurry(self, haste: Haste) -> None:
        """Let time pass faster from now on."""
        self._ahead_s, self._haste, self._since = self.ahead_s, haste, time.monotonic()
