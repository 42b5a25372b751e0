"""A rule: closed, typed, versioned JSON, read with the place of each error. Pure.

docs/alerts.md has the language. Numbers are Decimals as written; they become floats where they are compared.
"""

import decimal
import typing

import msgspec

from alerts.rules.fields import FieldRef

MOST_LEAVES = 8
MOST_DEPTH = 3
MOST_RULES = 500
"""Rules of one person."""
MOST_TEXT = 8_192
MOST_FOR_S = 24 * 3600
MOST_NOTE = 500
MOST_WORDS = 12

Comparator = typing.Literal[
    "crosses_up", "crosses_down", "crosses", "above", "below", "enters", "exits", "inside", "outside", "moves_up",
    "moves_down", "happens",
]  # fmt: skip
CROSSES = frozenset({"crosses_up", "crosses_down", "crosses", "enters", "exits"})
"""These happen at a moment; what is above, below, inside or outside, or has moved, holds for a while."""
RANGES = frozenset({"enters", "exits", "inside", "outside"})
MOVES = frozenset({"moves_up", "moves_down"})
Trigger = typing.Literal["once", "each", "per_bar", "per_bar_close", "per_minute"]
Session = typing.Literal["regular", "extended", "always"]
Bound = decimal.Decimal | FieldRef
"""What a value is compared with: a number, or another field."""


class Filter(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which events count: all that is given must fit. `words` are matched as words, any of them.

    `sentiment_above` and `sentiment_below` are from -1 to 1; `halt` is a reason code of the exchange (T1, LUDP).
    `impact_above` and `impact_below` are in percent, signed, of the move in the first `minutes` after an item.
    """

    symbol: str | None = None
    words: tuple[str, ...] = ()
    category: str | None = None
    sentiment_above: decimal.Decimal | None = None
    sentiment_below: decimal.Decimal | None = None
    halt: str | None = None
    impact_above: decimal.Decimal | None = None
    impact_below: decimal.Decimal | None = None
    minutes: int | None = None
    kind: str | None = None
    side: typing.Literal["buy", "sell"] | None = None


class Scope(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whose account, or which link: by id. `environment` is one of the person's links' (`live`, `sandbox`,
    `simulated`)."""

    environment: str | None = None
    link: str | None = None
    account: str | None = None


class Leaf(msgspec.Struct, frozen=True, kw_only=True):
    """One comparison. `value` is a bound, two of them for a range, or a filter for what happens.

    `within_s` and `by` belong to moves_up and moves_down: the window in s, and whether `value` is in percent.
    """

    field: FieldRef
    comparator: Comparator
    value: Bound | tuple[Bound, Bound] | Filter
    within_s: int = 0
    by: typing.Literal["percent", "value"] = "percent"
    of: Scope = Scope()
    place: str = ""

    @property
    def bounds(self) -> tuple[Bound, ...]:
        """What the field is compared with, in order; none where it is not compared."""
        if isinstance(self.value, Filter):
            return ()
        return self.value if isinstance(self.value, tuple) else (self.value,)

    @property
    def fields(self) -> tuple[FieldRef, ...]:
        """Every field it looks at, its own first."""
        return (self.field, *(bound for bound in self.bounds if isinstance(bound, FieldRef)))

    @property
    def is_moment(self) -> bool:
        """Whether it happens at a moment, as against holding for a while."""
        return self.comparator in CROSSES or self.comparator == "happens"


class Group(msgspec.Struct, frozen=True):
    """All or any of what stands in it."""

    how: typing.Literal["all", "any"]
    parts: "tuple[Group | Leaf, ...]"

    @property
    def leaves(self) -> tuple[Leaf, ...]:
        """Its leaves from left to right, those of its groups among them."""
        return tuple(leaf for part in self.parts for leaf in (part.leaves if isinstance(part, Group) else (part,)))


class Rearm(msgspec.Struct, frozen=True):
    """How far a value goes back before a rule that fired is armed again: exactly one of these. `by` is in its unit."""

    pct: decimal.Decimal | None = None
    bps: decimal.Decimal | None = None
    by: decimal.Decimal | None = None


class RuleSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A rule as a person wrote it. `interval` is the bar of per_bar and per_bar_close; `expires` is in ms."""

    when: Group
    trigger: Trigger = "once"
    interval: str = "1m"
    rearm: Rearm | None = None
    for_s: int = 0
    session: Session = "regular"
    expires: int | None = None
    channels: tuple[str, ...] = ()
    quiet: tuple[str, ...] = ()
    note: str = ""

    @property
    def leaves(self) -> tuple[Leaf, ...]:
        """Every comparison, from left to right."""
        return self.when.leaves

    @property
    def fields(self) -> tuple[FieldRef, ...]:
        """Every field it looks at, each once."""
        return tuple(dict.fromkeys(field for leaf in self.leaves for field in leaf.fields))

    @property
    def symbols(self) -> tuple[str, ...]:
        """Every symbol it looks at, each once."""
        return tuple(dict.fromkeys(field.symbol for field in self.fields if field.symbol))

    @property
    def is_moment(self) -> bool:
        """Whether it fires at moments; else it fires when it becomes true."""
        return any(leaf.is_moment for leaf in self.leaves)


class Rule(msgspec.Struct, frozen=True):
    """One version of a rule of a person, as it is evaluated. `armed_at` (ms) is when this version was armed."""

    id: str
    version: int
    spec: RuleSpec
    armed_at: int = 0
