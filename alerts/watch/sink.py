"""What is written with each firing, in the transaction that stores it: see the STREAM_SINKS setting."""

from collections.abc import Sequence

import msgspec

from alerts.watch import store
from streaming.facts import Fact

ONCE = "once"

_encoder = msgspec.json.Encoder(decimal_format="number")


def settle(facts: Sequence[Fact]) -> None:
    """Count firings and keep the state of their rules after them. What is known already does not come here again."""
    for fact in facts:
        if fact.kind == "alert":
            _settle(fact)


def _settle(fact: Fact) -> None:
    firing = fact.payload
    store.note_firing(
        int(firing["rule"]),
        firing["version"],
        fact.at,
        _encoder.encode(firing["state"]).decode() if "state" in firing else None,
        stays_armed=firing["key"] != ONCE,
    )
