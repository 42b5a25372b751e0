"""Faults a person or a test asks for: what goes wrong, for whom, how often, how long. Pure.

A fault that names one of a customer's accounts hits that customer only; without one it hits everybody. Where chance
is involved, `seed` decides it: the same fault asked for again makes the same draws.
"""

import random
import typing

import msgspec

Stream = typing.Literal["", "dxlink", "alerts", "market", "account", "updates", "events"]
Item = typing.TypeVar("Item")

PARAMETERS = {
    "account": "an account number: strike its owner only",
    "symbol": "a streamer symbol",
    "stream": "dxlink or alerts (market or account at Tradier, updates or events at Alpaca); empty: both",
    "seconds": "how long it stands; left out: until it is cleared",
    "times": "how often it strikes; left out: as long as it stands",
    "delay": "seconds",
    "mode": "which way, of the modes listed",
    "path": "the beginning of the REST paths it is about",
    "event": "a DXLink event type",
    "field": "a field's name on the wire",
    "text": "a text to send",
    "code": "a WebSocket close code",
    "size": "how much: bytes, or updates",
    "seed": "decides every draw",
    "share": "the chance of each strike, above 0 and at most 1",
}
"""What a fault can be told, and what it means."""


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One fault, as `POST /_sim/fault` takes it: `fault` names it, `PARAMETERS` describes the rest."""

    fault: str
    account: str = ""
    symbol: str = ""
    stream: Stream = ""
    seconds: typing.Annotated[float, msgspec.Meta(ge=0)] | None = None
    times: typing.Annotated[int, msgspec.Meta(ge=1)] | None = None
    delay: typing.Annotated[float, msgspec.Meta(ge=0)] = 0.0
    mode: str = ""
    path: str = ""
    event: str | None = None
    field: str = ""
    text: str = ""
    code: int = 0
    size: typing.Annotated[int, msgspec.Meta(ge=0)] = 0
    seed: int = 0
    share: typing.Annotated[float, msgspec.Meta(gt=0, le=1)] = 1.0

    def hits(self, accounts: typing.Collection[str]) -> bool:
        """Whether this concerns the customer who has these accounts."""
        return not self.account or self.account in accounts

    @property
    def given(self) -> list[str]:
        """The parameters it was told, but for those that say what would be so anyway."""
        defaults = zip(self.__struct_fields__[1:], self.__struct_defaults__, strict=True)
        return [name for name, default in defaults if getattr(self, name) != default]

    def draw(self, items: typing.Iterable[Item]) -> list[Item]:
        """Return the `share` of `items` that the seed decides on."""
        dice = random.Random(self.seed)
        return [item for item in items if self.share == 1.0 or dice.random() < self.share]


class StandingFault:
    """A fault that stands, until when on the loop's clock, and how often it may still strike."""

    def __init__(self, fault: Fault, now: float) -> None:
        self.fault = fault
        self.until = None if fault.seconds is None else now + fault.seconds
        self.left = fault.times
        self._dice = random.Random(fault.seed)

    def strikes(self) -> bool:
        """Draw whether it strikes this time; if so, spend one of its times."""
        if self.fault.share < 1.0 and self._dice.random() >= self.fault.share:
            return False
        if self.left is not None:
            self.left -= 1
        return True

    def is_over(self, now: float) -> bool:
        """Whether its time or its count is spent."""
        return self.left == 0 or (self.until is not None and now >= self.until)

    def report(self, now: float) -> dict[str, typing.Any]:
        """Describe it, JSON-ready: what was asked for, and what is left of it."""
        told = {name: getattr(self.fault, name) for name in ("fault", *self.fault.given)}
        left = None if self.until is None else round(self.until - now, 3)
        return told | {"seconds_left": left, "times_left": self.left}


class Faults:
    """The standing faults of a venue."""

    def __init__(self) -> None:
        self._standing: list[StandingFault] = []

    def __bool__(self) -> bool:
        return bool(self._standing)

    def stand(self, fault: Fault, now: float) -> None:
        """Let `fault` stand from now on."""
        self._standing.append(StandingFault(fault, now))

    def clear(self, name: str = "", account: str = "") -> int:
        """End every fault, or those of one name, or of one account. Returns how many."""
        keep = [
            standing
            for standing in self._standing
            if name not in ("", standing.fault.fault) or account not in ("", standing.fault.account)
        ]
        ended, self._standing = len(self._standing) - len(keep), keep
        return ended

    def report(self, now: float) -> list[dict[str, typing.Any]]:
        """Describe everything that stands."""
        return [standing.report(now) for standing in self._sound(now)]

    def all(self, name: str, accounts: typing.Collection[str], now: float) -> list[Fault]:
        """Return the standing faults of this name that hit these accounts, spending none and drawing nothing."""
        return [standing.fault for standing in self._named(name, accounts, now)]

    def find(
        self, name: str, accounts: typing.Collection[str], now: float, *, stream: str = "", path: str = ""
    ) -> Fault | None:
        """Return the first fault that strikes, spending one of its times. None when nothing goes wrong."""
        for standing in self._named(name, accounts, now):
            fault = standing.fault
            if fault.stream in ("", stream) and path.startswith(fault.path) and standing.strikes():
                return fault
        return None

    def silence(self, accounts: typing.Collection[str], stream: str, now: float) -> float:
        """Return until when a fault mutes a socket that is new, or has just said whose it is; 0 when none does."""
        mutes = (
            standing
            for standing in self._named("mute", accounts, now)
            if standing.fault.mode == "all" and not standing.fault.symbol and standing.fault.stream in ("", stream)
        )
        return max((standing.until or float("inf") for standing in mutes), default=0.0)

    def _named(self, name: str, accounts: typing.Collection[str], now: float) -> list[StandingFault]:
        if not self._standing:
            return []
        return [s for s in self._sound(now) if s.fault.fault == name and s.fault.hits(accounts)]

    def _sound(self, now: float) -> list[StandingFault]:
        self._standing = [standing for standing in self._standing if not standing.is_over(now)]
        return self._standing
