"""Facts as what happens: orders, fills, movements of money, and notices of the desk. Pure. Times are in ms.

Facts are numbered without gaps, so that each is seen once, whoever evaluates: its number is the key of what it fires,
and a rule knows how far it came.
"""

import typing
from collections.abc import Iterable

from alerts.evaluation.core import Core
from alerts.evaluation.gates import Gate
from alerts.evaluation.live_rule import LiveRule
from alerts.rules.fields import Field
from alerts.rules.spec import Filter, Leaf
from alerts.rules.state import Turn
from streaming.facts import Fact

LATE_MS = 10_000
"""A fact that is seen later than this after it was stored was missed by whoever evaluated then."""
TOLD = ("order", "symbol", "quantity", "price", "status", "account", "code", "text", "kind", "reason")
"""What a firing repeats of its fact."""


class FactGates:
    """Comparisons that wait for facts."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._gates: list[Gate] = []

    def add(self, gate: Gate) -> None:
        """Show a comparison facts from now on."""
        self._gates.append(gate)

    def forget(self, gates: Iterable[Gate]) -> None:
        """Show these none any more."""
        gone = set(map(id, gates))
        self._gates = [gate for gate in self._gates if id(gate) not in gone]

    def positions(self) -> list[tuple[int, int | None]]:
        """Return when each rule that waits for facts was armed, and the number it has come to; None: to none yet."""
        return [(rule.rule.armed_at, rule.state.fact) for rule in self._rules().values()]

    def _rules(self) -> dict[str, LiveRule]:
        return {gate.rule.rule.id: gate.rule for gate in self._gates}

    def on_fact(self, fact: Fact, now: int) -> None:
        """Pulse the comparisons that wait for this; what happened before a rule was armed is not its matter."""
        unseen = {id_ for id_, rule in self._rules().items() if _advance(rule, fact)}
        for gate in self._gates:
            rule = gate.rule
            if rule.rule.id not in unseen or not fits(gate.leaf, fact):
                continue
            rule.detail = {key: fact.payload[key] for key in TOLD if fact.payload.get(key) is not None}
            rule.detail |= {"fact": fact.number}
            rule.detail_key = str(fact.number)
            gate.pulse = Turn(gate.index, at=fact.at)
            self._core.mark(rule)
        if fact.recovered or now - fact.recorded > LATE_MS:
            self._core.found = {"recovered": True, "late_ms": max(0, now - fact.at)}


def _advance(rule: LiveRule, fact: Fact) -> bool:
    """Note that a rule sees a fact. Returns whether it is a new one for it, of after it was armed."""
    if rule.state.fact is not None and fact.number <= rule.state.fact:
        return False
    rule.state.fact = fact.number
    return min(fact.at, fact.recorded) >= rule.rule.armed_at


def fits(leaf: Leaf, fact: Fact) -> bool:
    """Whether a fact is what a comparison waits for."""
    return _is_kind(leaf.field.field, fact) and _is_whose(leaf, fact) and _passes(leaf.value, fact)


def _is_kind(field: Field, fact: Fact) -> bool:
    if field.subject == "desk":
        return fact.kind == "notice" and fact.payload.get("code") == field.name
    if field.name == "fill":
        return fact.kind == "fill" and fact.payload.get("kind", "fill") == "fill"
    if field.name == "activity":
        return fact.kind == "activity"
    return fact.kind == "order" and fact.payload.get("status") == field.name


def _is_whose(leaf: Leaf, fact: Fact) -> bool:
    scope = leaf.of
    if scope.link is not None and fact.link != scope.link:
        return False
    return scope.account is None or fact.payload.get("account") == scope.account


def _passes(wanted: object, fact: Fact) -> bool:
    if not isinstance(wanted, Filter):
        return True
    legs = fact.payload.get("legs") or []
    if wanted.symbol is not None:
        symbols = {fact.payload.get("symbol"), *(leg.get("symbol") for leg in legs)}
        if wanted.symbol not in symbols:
            return False
    if wanted.kind is not None and fact.payload.get("kind") != wanted.kind:
        return False
    return wanted.side is None or wanted.side in _sides(fact.payload, legs)


def _sides(payload: dict[str, typing.Any], legs: list[dict[str, typing.Any]]) -> set[str]:
    """Return which ways something goes: the quantity of a fill is signed, the leg of an order says its side."""
    found = {str(leg.get("side")) for leg in legs}
    if quantity := payload.get("quantity"):
        found.add("buy" if quantity > 0 else "sell")
    return found
