"""Links what facts of signals speak of, in the transaction that stores them: see the STREAM_SINKS setting."""

from collections.abc import Sequence

from signals.journal import unpack_items, write_items
from streaming.facts import Fact

KINDS = frozenset({"model", "signal", "outcome", "results"})


def settle(facts: Sequence[Fact]) -> None:
    """Link what comes with facts of signals. No fact comes here twice."""
    for fact in facts:
        if fact.kind in KINDS:
            write_items(fact.person, fact.number, unpack_items(fact.beside), fact.recorded)
