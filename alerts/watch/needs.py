"""What rules need of a person's streams: symbols to be streamed, and the events that are looked at. Pure."""

from collections.abc import Iterable, Mapping

from alerts.evaluation.study_walk import check_studies
from alerts.rules.errors import RuleError
from alerts.rules.fields import Need
from alerts.rules.spec import Filter, RuleSpec
from brokers.contract.broker import Demand
from brokers.contract.events import (
    Day,
    Event,
    Greeks,
    Link,
    Profile,
    Quote,
    Underlying,
)
from brokers.contract.reports import ActivityReport, FillReport, OrderReport

EVENTS: Mapping[Need, tuple[type[Event], ...]] = {
    "quote": (Quote,),
    "day": (Day,),
    "greeks": (Greeks,),
    "underlying": (Underlying,),
    "profile": (Profile,),
    "candle": (),
    "position": (),
    "portfolio": (),
    "link": (Link,),
    "fact": (OrderReport, FillReport, ActivityReport),
    "news": (),
    "clock": (),
    "insight": (),
}
"""The events that a field is made of. Facts are read from the ledger: reports say that some come. News are read from
their lists, what is worked out of accounts and positions from the board, once a second, as are regimes, signals, and
what the clock changes; closed bars are asked for."""
EVALUATED: frozenset[Need] = frozenset(
    {
        "quote", "day", "greeks", "underlying", "profile", "fact", "news", "position", "portfolio", "link", "candle",
        "clock", "insight",
    }
)  # fmt: skip
"""What the engine takes today. A rule that looks at anything else is refused: kept and never checked, it would lie."""
EXACT: frozenset[Need] = frozenset({"fact", "news"})
"""What is numbered: none of it is missed, whoever was away."""
QUOTED: frozenset[Need] = frozenset({"quote", "day", "profile"})


def check_evaluated(spec: RuleSpec) -> None:
    """Refuse what cannot be evaluated yet. Raises RuleError naming it."""
    for leaf in spec.leaves:
        for ref in leaf.fields:
            if not EVALUATED.issuperset(ref.field.needs):
                raise RuleError(f"{leaf.place}.field", f"{ref.text} cannot be watched yet")
        if leaf.of.environment is not None and "fact" in leaf.field.field.needs:
            raise RuleError(f"{leaf.place}.of.environment", "cannot be watched yet of facts: name a link")
    check_studies(spec)


def demand_of(specs: Iterable[RuleSpec]) -> Demand:
    """Return what has to be streamed for rules."""
    refs = [ref for spec in specs for ref in spec.fields if ref.symbol]

    def symbols(*needs: Need) -> frozenset[str]:
        return frozenset(ref.symbol for ref in refs if not set(ref.field.needs).isdisjoint(needs))

    return Demand(
        quotes=symbols(*QUOTED),
        greeks=symbols("greeks"),
        underlyings=symbols("underlying"),
    )


def insighted_by(specs: Iterable[RuleSpec]) -> frozenset[str]:
    """Return the symbols whose regime and signals rules look at."""
    return frozenset(ref.symbol for spec in specs for ref in spec.fields if "insight" in ref.field.needs)


def moved_by(spec: RuleSpec) -> frozenset[str] | None:
    """Return the symbols whose moves after news a rule waits for; none: of any. None where it waits for none."""
    leaves = [leaf for leaf in spec.leaves if leaf.field.field.name == "impact"]
    named = [leaf.field.symbol or (isinstance(leaf.value, Filter) and leaf.value.symbol) for leaf in leaves]
    if not leaves:
        return None
    return frozenset(symbol for symbol in named if symbol) if all(named) else frozenset()


def looks_at(need: Need, specs: Iterable[RuleSpec]) -> bool:
    """Return whether any rule looks at what is made of `need`."""
    return any(need in ref.field.needs for spec in specs for ref in spec.fields)


def events_of(specs: Iterable[RuleSpec]) -> frozenset[type[Event]]:
    """Return the events that rules look at, and how links are: what counts depends on that."""
    needs = {need for spec in specs for ref in spec.fields for need in ref.field.needs}
    found = {event for need in needs for event in EVENTS[need]}
    return frozenset(found | {Link}) if needs else frozenset()
