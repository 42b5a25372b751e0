"""What is stored of a rule's evaluation, as JSON: enough to go on exactly as if nothing had stopped. Pure.

Times are in ms since the epoch, UTC, by the clock of the server.
"""

import typing

import msgspec

NO_VALUE = "no value yet"
"""Why a value is not known that was never told."""
StatusName = typing.Literal["armed", "waiting", "cannot_check", "snoozed", "fired", "expired"]
"""`armed`: every condition is watched. `waiting`: for a session, or until it is armed again. `cannot_check`: a value is
missing, stale or delayed. `fired`: once, and done."""


class GateState(msgspec.Struct, omit_defaults=True):
    """How one comparison stands. `truth` is None until it was compared; `since` when it became what it is.

    `slack` is how far the value must go back before the comparison counts as untrue again, in the value's unit.
    """

    truth: bool | None = None
    slack: float = 0.0
    since: int = 0


class Turn(msgspec.Struct, frozen=True):
    """A comparison turned, the one of leaf `gate`: from which value to which, when by the source, and over a gap."""

    gate: int
    before: float | None = None
    after: float | None = None
    at: int | None = None
    is_gap: bool = False


class RuleState(msgspec.Struct, omit_defaults=True):
    """How one version of a rule stands.

    `was`: what the whole condition was when it was last known. `is_pending`: it became true and did not fire yet.
    `held_since`: since when it has been true without a break, for `for_s`. `turn` is what turned last. `fired` counts
    firings, `last_key` is the newest trigger key, `recent` has their times within the window of the noise rule.
    `digested` counts firings since the last one that was told by itself. `cannot_since` is since when it was not
    evaluated, or could not be checked, in what is stored of a rule that still was not. `news` are the numbers of the
    newest items that it saw, of the desk's list and of the person's own; empty while it saw none. `fact` is the number
    of the newest fact that it saw, `impact` the change of the person's list with which the newest move ended that it
    saw; None while it saw none.
    """

    version: int = 0
    gates: list[GateState] = []
    was: bool | None = None
    is_pending: bool = False
    turn: Turn | None = None
    held_since: int | None = None
    fired: int = 0
    fired_at: int | None = None
    last_key: str = ""
    recent: list[int] = []
    digested: int = 0
    snoozed_until: int | None = None
    is_expired: bool = False
    cannot_since: int | None = None
    news: list[int] = []
    fact: int | None = None
    impact: int | None = None


class InputState(msgspec.Struct, omit_defaults=True):
    """The newest value of one field. `seen` has, by session, the newest value that counted there, when, and whether it
    is of this session and of an unbroken feed."""

    value: float | None = None
    at: int | None = None
    received: int = 0
    source: str = ""
    reason: str = NO_VALUE
    seen: dict[str, tuple[float | None, int, bool]] = {}


class EngineState(msgspec.Struct, omit_defaults=True):
    """Everything that an engine knows at `at`. Rules by id, inputs and series by their names."""

    at: int = 0
    rules: dict[str, RuleState] = {}
    inputs: dict[str, InputState] = {}
    symbols: dict[str, dict[str, typing.Any]] = {}
    links: dict[str, dict[str, typing.Any]] = {}
    holdings: dict[str, dict[str, typing.Any]] = {}
    series: dict[str, dict[str, typing.Any]] = {}
    windows: dict[str, list[list[float]]] = {}
    medians: dict[str, dict[str, float]] = {}
    recent: list[int] = []
    fact: int = 0
    """The number of the newest fact that all rules had seen: of what was stored before each knew its own."""


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """How a rule stands, for people. `reason` is why it waits or cannot be checked, `since` (ms) when that began.

    `nearest` is how far the nearest comparison is: "1.54 below". `fired` counts firings of this version.
    """

    rule: str
    version: int
    state: StatusName
    reason: str = ""
    since: int | None = None
    nearest: str = ""
    fired: int = 0
    fired_at: int | None = None
    snoozed_until: int | None = None


def encode_state(state: msgspec.Struct) -> bytes:
    """Write a state as JSON."""
    return msgspec.json.encode(state)


def decode_state(text: str | bytes) -> EngineState:
    """Read a state of an engine. Raises msgspec.ValidationError for what is none."""
    return msgspec.json.decode(text, type=EngineState)


def decode_rule_state(text: str | bytes) -> RuleState:
    """Read the state of one rule. Raises msgspec.ValidationError for what is none."""
    return msgspec.json.decode(text, type=RuleState)
