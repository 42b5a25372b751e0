"""What an engine says: that a rule fired, and what could not be looked at. Pure. Times are in ms."""

import decimal
import typing

import msgspec

from alerts.rules.sentence import condition
from alerts.rules.spec import Rule
from alerts.rules.state import RuleState
from streaming.facts import Entry


class Reading(msgspec.Struct, frozen=True):
    """A value that a comparison looked at. `at` is when its source said it, `age_ms` how old it was at the firing.

    `value` is a number, a text for what happened, or None where it was not known. `source` is a link's id, or empty.
    """

    field: str
    value: float | str | None
    at: int | None = None
    age_ms: int | None = None
    source: str = ""


class Firing(msgspec.Struct, frozen=True, kw_only=True):
    """A rule fired.

    `key` names the trigger: firings with the same rule, version and key are one. `at` is when it happened by its
    source's clock, where that is known, `received` by ours. `before` and `after` are the values of the comparison that
    turned (`cause`, its place in the rule), on either side. `gap`: the first value of a session, or after a break,
    was beyond. `seen_in` is "candle" where no tick showed it; then, and after a gap, it was some time `between` two
    times, which `evidence` shows, and `recovered` says that nobody was there then. `is_order_unknown`: the same minute
    also crossed back. `is_digest`: too many were told, so this one is kept and told in sum. `state` is the rule's state
    after it, to be stored with it.
    """

    rule: str
    version: int
    key: str
    at: int
    received: int
    readings: tuple[Reading, ...] = ()
    cause: str = ""
    before: float | None = None
    after: float | None = None
    recovered: bool = False
    late_ms: int | None = None
    gap: bool = False
    seen_in: typing.Literal["candle"] | None = None
    between: tuple[int, int] | None = None
    evidence: str | None = None
    is_order_unknown: bool = False
    is_digest: bool = False
    detail: dict[str, typing.Any] = {}
    state: RuleState | None = None

    @property
    def venue_id(self) -> str:
        """What the ledger knows it by, once at most."""
        return f"{self.rule}:{self.version}:{self.key}"

    @property
    def payload(self) -> dict[str, typing.Any]:
        """What its fact says, beside what the ledger says itself; floats as Decimals."""
        found: dict[str, typing.Any] = {
            "rule": self.rule,
            "version": self.version,
            "key": self.key,
            "cause": self.cause,
            "seen_at": self.received,
        }
        found["values"] = [_plain(msgspec.structs.asdict(reading)) for reading in self.readings]
        for name in ("before", "after", "seen_in", "between", "evidence", "detail"):
            if (value := getattr(self, name)) not in (None, {}):
                found[name] = _plain(value)
        for name, is_so in (("gap", self.gap), ("order_unknown", self.is_order_unknown), ("digest", self.is_digest)):
            if is_so:
                found[name] = True
        return found


class Unchecked(msgspec.Struct, frozen=True):
    """A stretch of time in which a rule could not be checked, and why."""

    rule: str
    version: int
    since: int
    until: int
    reason: str


class Recovery(msgspec.Struct, frozen=True):
    """What is found of a gap: firings in the order of their bars, and what could not be looked at."""

    firings: tuple[Firing, ...] = ()
    unchecked: tuple[Unchecked, ...] = ()


def _plain(value: typing.Any) -> typing.Any:
    """Return floats as the Decimals that they are written as, and leave out what is not known."""
    if isinstance(value, float):
        return decimal.Decimal(repr(value))
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items() if one not in (None, "")}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def entry_of(firing: Firing, rule: Rule, text: str) -> Entry:
    """Return the fact that a firing of a rule is stored as; `text` is the rule as a sentence."""
    spec = rule.spec
    payload = firing.payload | {"text": text, "what": condition(spec), "symbols": list(spec.symbols)}
    if spec.note:
        payload["note"] = spec.note
    if firing.state is not None:
        payload["state"] = msgspec.to_builtins(firing.state)
    return Entry(
        kind="alert",
        at=firing.at,
        payload=payload,
        venue_id=firing.venue_id,
        recovered=firing.recovered,
        late_ms=firing.late_ms if firing.recovered else None,
    )
