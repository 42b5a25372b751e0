"""What is written with each firing, in the transaction that stores it: see the STREAM_SINKS setting."""

from collections.abc import Sequence

import msgspec

from alerts import store
from alerts.delivery.plan import plan
from alerts.watch.unchecked import CODE
from streaming.facts import Fact

ONCE = "once"

_encoder = msgspec.json.Encoder(decimal_format="number")


def settle(facts: Sequence[Fact]) -> None:
    """Count firings, keep their rules' state after them, and plan their deliveries. No firing comes here twice."""
    for fact in facts:
        if fact.kind == "alert":
            _settle(fact)
            plan(fact)
        elif fact.kind == "notice" and fact.payload.get("code") == CODE:
            told = fact.payload
            for one in told["rules"]:
                store.note_unchecked(fact.person, int(one["rule"]), one["from"], told["to"], told["reason"])


def _settle(fact: Fact) -> None:
    firing = fact.payload
    store.note_firing(
        int(firing["rule"]),
        firing["version"],
        fact.at,
        firing["seen_at"],
        _encoder.encode(firing["state"]).decode() if "state" in firing else None,
        stays_armed=firing["key"] != ONCE,
    )
